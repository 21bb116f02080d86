import type { VitSizes } from '../config/modelConfig'
import { trainingMemoryBytes } from './memory'

/** A batch size with accumulation that has the effect of a larger batch. */
export interface FittingBatch {
  batchSize: number
  /** Batches to a step: as many as the larger batch was divided into. */
  parts: number
}

/**
 * The largest batch below `batchSize` whose training fits into the memory, with the number of such
 * batches that make up the wished one: a whole divisor where there is one near, otherwise parts that
 * make up slightly more. The batch itself where it fits; null where not even one image does.
 */
export function fittingBatch(sizes: VitSizes, batchSize: number, availableBytes: number): FittingBatch | null {
  const fits = (size: number) => trainingMemoryBytes(sizes, size) <= availableBytes
  if (fits(batchSize)) return { batchSize, parts: 1 }
  if (!fits(1)) return null
  let least = 2
  while (!fits(Math.ceil(batchSize / least))) least++
  for (let parts = least; parts < 2 * least; parts++) {
    if (batchSize % parts === 0) return { batchSize: batchSize / parts, parts }
  }
  return { batchSize: Math.ceil(batchSize / least), parts: least }
}

const gibibyte = 2 ** 30

function gibibytes(bytes: number): string {
  return `${(bytes / gibibyte).toFixed(1)} GiB`
}

/**
 * Says that a run can't fit, and what would: null where it does.
 * @param gradAccumulation batches to a step that the run already has
 */
export function memoryProblem(
  sizes: VitSizes,
  { batchSize, gradAccumulation }: { batchSize: number; gradAccumulation: number },
  availableBytes: number,
): string | null {
  const needed = trainingMemoryBytes(sizes, batchSize)
  if (needed <= availableBytes) return null
  const offer = fittingBatch(sizes, batchSize, availableBytes)
  const shortage = `Training needs about ${gibibytes(needed)} of memory with batches of ${batchSize}, and ${gibibytes(availableBytes)} are free`
  if (offer === null) return `${shortage}, which is not enough for a single image: choose a smaller model or image.`
  return `${shortage}: choose a batch size of ${offer.batchSize} with ${offer.parts * gradAccumulation} batches to a step, which comes to the same.`
}
