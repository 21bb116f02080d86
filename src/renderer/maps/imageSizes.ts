/** Sides that published models are used with. */
const usualSides = [224, 384, 518] as const
/** Attention grows with the fourth power of the side: beyond this many patches a side it takes gigabytes. */
const mostPatches = 40

/** Sides in pixels that a model can be looked at with, from the smallest: its own, near it, and the usual ones. */
export function imageSizeChoices(ownSide: number, patchSize: number): number[] {
  const wholePatches = (side: number) => Math.max(2, Math.round(side / patchSize)) * patchSize
  const usual = ownSide < 128 ? [] : usualSides
  const sides = [0.5, 0.75, 1.5, 2].map((factor) => wholePatches(factor * ownSide))
  const others = [...sides, ...usual].filter((side) => side % patchSize === 0 && side / patchSize <= mostPatches)
  return [...new Set([ownSide, ...others])].sort((a, b) => a - b)
}
