import type { VitSizes } from '../config/runConfig'

/** Side of the patch grid: patches per row and per column. */
export function gridSide(sizes: Pick<VitSizes, 'imageSize' | 'patchSize'>): number {
  return Math.floor(sizes.imageSize / sizes.patchSize)
}

/** Tokens in the sequence: the patches and the class token. */
export function tokenCount(sizes: Pick<VitSizes, 'imageSize' | 'patchSize'>): number {
  return gridSide(sizes) ** 2 + 1
}

export function mlpDim(sizes: Pick<VitSizes, 'embedDim' | 'mlpRatio'>): number {
  return Math.floor(sizes.embedDim * sizes.mlpRatio)
}

/** Number of trainable parameters. */
export function countParameters(sizes: VitSizes): number {
  const width = sizes.embedDim
  const hidden = mlpDim(sizes)
  const patchEmbedding = sizes.channels * sizes.patchSize ** 2 * width + width
  const tokens = width + tokenCount(sizes) * width
  const attention = width * 3 * width + 3 * width + width * width + width
  const mlp = width * hidden + hidden + hidden * width + width
  const norms = 4 * width
  const head = width * sizes.numClasses + sizes.numClasses
  return patchEmbedding + tokens + sizes.depth * (attention + mlp + norms) + 2 * width + head
}

/** Floating-point operations of one forward pass over one image; a multiply-add counts as two. */
export function forwardFlops(sizes: VitSizes): number {
  const width = sizes.embedDim
  const tokens = tokenCount(sizes)
  const patches = tokens - 1
  const linears = 4 * width * width + 2 * width * mlpDim(sizes)
  const attention = 2 * tokens * width
  const block = 2 * tokens * (linears + attention)
  return (
    2 * patches * sizes.channels * sizes.patchSize ** 2 * width + sizes.depth * block + 2 * width * sizes.numClasses
  )
}
