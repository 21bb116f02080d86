import type { VitSizes } from '../config/modelConfig'

/** What decides which tokens stand in front of the patches. */
export type TokenPrefix = Pick<VitSizes, 'pooling' | 'registerTokens'>

/** Whether token 0 is the class token. */
export function hasClassToken({ pooling }: Pick<VitSizes, 'pooling'>): boolean {
  return pooling === 'class-token'
}

/** Tokens in front of the patches: the class token where there is one, then the registers. */
export function prefixTokenCount(prefix: TokenPrefix): number {
  return (hasClassToken(prefix) ? 1 : 0) + prefix.registerTokens
}

/** Whether the last block's output is normalised before the head: post-norm blocks end in a norm themselves. */
export function hasFinalNorm({ normPlace }: Pick<VitSizes, 'normPlace'>): boolean {
  return normPlace === 'pre'
}

/** Side of the patch grid: patches per row and per column. */
export function gridSide(sizes: Pick<VitSizes, 'imageSize' | 'patchSize'>): number {
  return Math.floor(sizes.imageSize / sizes.patchSize)
}

export function patchCount(sizes: Pick<VitSizes, 'imageSize' | 'patchSize'>): number {
  return gridSide(sizes) ** 2
}

/** Tokens in the sequence: class token, registers and patches. */
export function tokenCount(sizes: Pick<VitSizes, 'imageSize' | 'patchSize'> & TokenPrefix): number {
  return prefixTokenCount(sizes) + patchCount(sizes)
}

export function mlpDim(sizes: Pick<VitSizes, 'embedDim' | 'mlpRatio'>): number {
  return Math.floor(sizes.embedDim * sizes.mlpRatio)
}

/** Parameters of one block besides its matrices and their biases. */
function blockScaleCount(sizes: VitSizes): number {
  const perNorm = sizes.norm === 'layernorm' ? 2 : 1
  const norms = sizes.normPlace === 'none' ? 0 : 2 * perNorm
  const layerScales = sizes.layerScale === null ? 0 : 2
  return (norms + layerScales) * sizes.embedDim
}

/** Inputs of the head. */
export function headInputWidth({ embedDim, preLogits, headReading }: VitSizes): number {
  return preLogits ?? (headReading === 'class-and-mean' ? 2 : 1) * embedDim
}

/** Parameters of the head, with the layer before it and the second head of distilled models. */
function headParameterCount(sizes: VitSizes): number {
  const { embedDim, preLogits, headReading, numClasses } = sizes
  const before = preLogits === undefined ? 0 : (embedDim + 1) * preLogits
  return before + (headReading === 'distilled' ? 2 : 1) * (headInputWidth(sizes) + 1) * numClasses
}

/** Number of trainable parameters. */
export function countParameters(sizes: VitSizes): number {
  const width = sizes.embedDim
  const hidden = mlpDim(sizes)
  const patchEmbedding = sizes.channels * sizes.patchSize ** 2 * width + width
  const positions = sizes.positions === 'learned' ? tokenCount(sizes) * width : 0
  const tokens = prefixTokenCount(sizes) * width + positions
  const attention = 3 * width * width + (sizes.qkvBias ? 3 * width : 0) + width * width + width
  const mlp = width * hidden + hidden + hidden * width + width
  const finalNorm = hasFinalNorm(sizes) ? (sizes.norm === 'layernorm' ? 2 : 1) * width : 0
  return (
    patchEmbedding +
    tokens +
    sizes.depth * (attention + mlp + blockScaleCount(sizes)) +
    finalNorm +
    headParameterCount(sizes)
  )
}

/**
 * Floating-point operations of the matrix products of one forward pass over one image; a multiply-add
 * counts as two. Norms, GELU, softmax and sums are left out.
 */
export function forwardFlops(sizes: VitSizes): number {
  const width = sizes.embedDim
  const tokens = tokenCount(sizes)
  const linears = 4 * width * width + 2 * width * mlpDim(sizes)
  const attention = 2 * tokens * width
  const block = 2 * tokens * (linears + attention)
  const embedding = 2 * patchCount(sizes) * sizes.channels * sizes.patchSize ** 2 * width
  return embedding + sizes.depth * block + 2 * width * sizes.numClasses
}
