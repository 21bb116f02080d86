import type { FaithfulnessCurves } from '@shared/contract/inspectRoutes'

/**
 * Deletion and insertion: Petsiuk, Das & Saenko (2018), "RISE", section 4.3, patch by patch. Deletion
 * takes patches away in the order of a map, the highest first, and insertion lays them onto a blank
 * image in that order. If the map names what the prediction rests on, the class's probability falls
 * early in the one (a small area under the curve) and rises early in the other (a large one).
 *
 * A patch that is away has the value 0 after normalisation: the mean colour that the model was trained with.
 */
export interface PatchedImage {
  /** [channels, side, side], normalised. */
  pixels: Float32Array
  channels: number
  side: number
  patchSize: number
}

/** Probability of the followed class for each image of a batch [batch, channels, side, side]. */
export type ClassProbability = (pixels: Float32Array, batch: number) => Promise<readonly number[]>

/** Steps of a curve; few images have so few patches that they have fewer. */
const mostSteps = 20

/** Shares of the patches at which the curves have their points, from 0 to 1. */
export function curveShares(patchCount: number): number[] {
  const steps = Math.min(mostSteps, patchCount)
  return Array.from({ length: steps + 1 }, (_, step) => Math.round((step * patchCount) / steps) / patchCount)
}

/** Patches by falling value; equal ones in their own order. */
export function patchOrder(map: Float32Array): number[] {
  return Array.from(map.keys()).sort((a, b) => (map[b] ?? 0) - (map[a] ?? 0) || a - b)
}

/**
 * Both curves for one order of the patches.
 * @param batchSize images that go through the model at a time
 */
export async function faithfulnessCurves(
  image: PatchedImage,
  order: ArrayLike<number>,
  batchSize: number,
  probability: ClassProbability,
): Promise<FaithfulnessCurves> {
  const patches = Array.from(order)
  const shares = curveShares(patches.length)
  const without = shares.map((share) => patches.slice(Math.round(share * patches.length)))
  const only = shares.map((share) => patches.slice(0, Math.round(share * patches.length)))
  const kept = [...without, ...only]
  const found: number[] = []
  const area = image.pixels.length
  for (let start = 0; start < kept.length; start += batchSize) {
    const part = kept.slice(start, start + batchSize)
    const batch = new Float32Array(part.length * area)
    part.forEach((keptPatches, index) => {
      keepPatches(image, keptPatches, batch.subarray(index * area, (index + 1) * area))
    })
    found.push(...(await probability(batch, part.length)))
  }
  const deletion = found.slice(0, shares.length)
  const insertion = found.slice(shares.length)
  return {
    deletion,
    insertion,
    deletionArea: areaUnder(shares, deletion),
    insertionArea: areaUnder(shares, insertion),
  }
}

/** Copies the named patches into an empty image. */
function keepPatches(image: PatchedImage, patches: readonly number[], target: Float32Array): void {
  const { pixels, channels, side, patchSize } = image
  const across = Math.floor(side / patchSize)
  for (const patch of patches) {
    const top = Math.floor(patch / across) * patchSize
    const left = (patch % across) * patchSize
    for (let channel = 0; channel < channels; channel++) {
      for (let y = top; y < top + patchSize; y++) {
        const start = (channel * side + y) * side + left
        target.set(pixels.subarray(start, start + patchSize), start)
      }
    }
  }
}

/** By trapezoids. */
function areaUnder(at: readonly number[], values: readonly number[]): number {
  return at.slice(1).reduce((sum, end, i) => {
    const mean = ((values[i] ?? 0) + (values[i + 1] ?? 0)) / 2
    return sum + mean * (end - (at[i] ?? 0))
  }, 0)
}

/** The point-by-point mean of several orders' curves. */
export function meanCurves(curves: readonly FaithfulnessCurves[]): FaithfulnessCurves {
  const meanOf = (pick: (one: FaithfulnessCurves) => number) =>
    curves.reduce((sum, one) => sum + pick(one), 0) / curves.length
  const [first] = curves
  return {
    deletion: (first?.deletion ?? []).map((_, i) => meanOf((one) => one.deletion[i] ?? 0)),
    insertion: (first?.insertion ?? []).map((_, i) => meanOf((one) => one.insertion[i] ?? 0)),
    deletionArea: meanOf((one) => one.deletionArea),
    insertionArea: meanOf((one) => one.insertionArea),
  }
}
