import type { VitSizes } from '../config/modelConfig'
import { countParameters, mlpDim, tokenCount } from './size'

const bytesPerNumber = 4

/** Weights, gradients, the two moments of AdamW, and what updates and saves need for a while. */
const copiesOfParameters = 6

/** The program itself with TensorFlow in it, measured. */
const processBytes = 540 * 2 ** 20

/** Numbers of one image that the backward pass needs, over all blocks. */
function savedActivations(sizes: VitSizes): number {
  const tokens = tokenCount(sizes)
  const aroundNorms = sizes.normPlace === 'none' ? 2 : 4
  const beforeScales = sizes.layerScale === null ? 0 : 2
  const streams = (aroundNorms + beforeScales + 4) * tokens * sizes.embedDim
  const mlp = 2 * tokens * mlpDim(sizes)
  return sizes.depth * (streams + mlp)
}

/**
 * Estimate of what a training process holds in memory, in bytes: itself, six numbers per parameter,
 * and per image and block the inputs of the norms and the residual sums (4 tokens × width, 2 without
 * norms), what LayerScale scales (2 tokens × width), queries, keys, values and their mix (4 tokens ×
 * width), and the MLP before and after its GELU (2 tokens × hidden width). Attention's weights are
 * made again for the backward pass and not kept.
 */
export function trainingMemoryBytes(sizes: VitSizes, batchSize: number): number {
  const numbers = copiesOfParameters * countParameters(sizes) + batchSize * savedActivations(sizes)
  return processBytes + bytesPerNumber * numbers
}
