import type { VitSizes } from '../config/modelConfig'
import { countParameters, mlpDim, tokenCount } from './size'

const bytesPerNumber = 4

/** Weights, gradients and the two moments of AdamW. */
const copiesOfParameters = 4

/** Numbers of one image that the backward pass needs, over all blocks. */
function savedActivations(sizes: VitSizes): number {
  const tokens = tokenCount(sizes)
  const aroundNorms = sizes.normPlace === 'none' ? 2 : 4
  const beforeScales = sizes.layerScale === null ? 0 : 2
  const streams = (aroundNorms + beforeScales + 4) * tokens * sizes.embedDim
  const attention = 2 * sizes.numHeads * tokens ** 2
  const mlp = 2 * tokens * mlpDim(sizes)
  return sizes.depth * (streams + attention + mlp)
}

/**
 * Estimate of what a training step holds in memory, in bytes: four numbers per parameter, and per
 * image and block the inputs of the norms and the residual sums (4 tokens × width, 2 without norms),
 * what LayerScale scales (2 tokens × width), queries, keys, values and their mix (4 tokens × width),
 * scores and attention (2 heads × tokens²), and the MLP before and after its GELU (2 tokens × hidden
 * width).
 */
export function trainingMemoryBytes(sizes: VitSizes, batchSize: number): number {
  return bytesPerNumber * (copiesOfParameters * countParameters(sizes) + batchSize * savedActivations(sizes))
}
