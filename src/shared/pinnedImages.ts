/** Images that a run looks at again after each epoch. */
const pinnedCount = 4

/**
 * Their record indices: evenly over the validation images, because files come class by class; of the
 * training images where there are no others.
 */
export function pinnedIndices({ trainCount, valCount }: { trainCount: number; valCount: number }): number[] {
  const [start, size] = valCount > 0 ? [trainCount, valCount] : [0, trainCount]
  const pinned = Math.min(size, pinnedCount)
  return Array.from({ length: pinned }, (_, index) => start + Math.floor(((index + 0.5) * size) / pinned))
}
