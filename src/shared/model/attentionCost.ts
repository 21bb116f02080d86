import type { VitSizes } from '../config/modelConfig'

/** What self-attention costs in one layer for one image. */
export interface AttentionCost {
  tokens: number
  /** Entries of one head's attention matrix: every token with every token. */
  pairs: number
  /** Floating-point operations of the scores (QKᵀ) and of the mix (AV); a multiply-add counts as two. */
  flops: number
  /** The attention matrices of all heads as float32. */
  bytes: number
}

export function attentionCost(tokens: number, sizes: Pick<VitSizes, 'embedDim' | 'numHeads'>): AttentionCost {
  const pairs = tokens ** 2
  return { tokens, pairs, flops: 4 * pairs * sizes.embedDim, bytes: 4 * pairs * sizes.numHeads }
}
