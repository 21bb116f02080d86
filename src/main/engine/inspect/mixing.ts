import type { FusionChoice } from '@shared/contract/mapRecipe'
import { headMatrix, type AttentionMaps } from './attentionMaps'

/** How one layer mixes its tokens: what rollout multiplies and attention flow goes through. */
export interface MixingOptions {
  /** How the heads become one matrix; a number keeps that head alone. */
  fusion: FusionChoice
  /** A ← ½A + ½I, for the path around the attention. */
  residual: boolean
  /**
   * Share from 0 up to 1: of each fused matrix the ⌊share · tokens²⌋ smallest values become zero,
   * except those of them that are in the columns of the class token and the registers.
   */
  discard: number
}

/** Fused, discarded, residual and with rows divided by their sum, [tokens, tokens]. */
export function mixingMatrix(maps: AttentionMaps, layer: number, image: number, options: MixingOptions): Float64Array {
  const matrix = fuseHeads(maps, layer, image, options.fusion)
  discardSmallest(matrix, maps.tokens, maps.prefixTokens, options.discard)
  for (let i = 0; i < maps.tokens; i++) finishRow(matrix, i, maps.tokens, options.residual)
  return matrix
}

/** Mean, largest or smallest over the heads, or one head alone: [tokens, tokens]. */
export function fuseHeads(maps: AttentionMaps, layer: number, image: number, fusion: FusionChoice): Float64Array {
  if (typeof fusion === 'number') return Float64Array.from(headMatrix(maps, layer, image, fusion))
  const fused = Float64Array.from(headMatrix(maps, layer, image, 0))
  for (let head = 1; head < maps.heads; head++) {
    const weights = headMatrix(maps, layer, image, head)
    switch (fusion) {
      case 'mean':
        for (let i = 0; i < fused.length; i++) fused[i] = (fused[i] ?? 0) + (weights[i] ?? 0)
        break
      case 'max':
        for (let i = 0; i < fused.length; i++) fused[i] = Math.max(fused[i] ?? 0, weights[i] ?? 0)
        break
      case 'min':
        for (let i = 0; i < fused.length; i++) fused[i] = Math.min(fused[i] ?? 0, weights[i] ?? 0)
        break
    }
  }
  if (fusion === 'mean') for (let i = 0; i < fused.length; i++) fused[i] = (fused[i] ?? 0) / maps.heads
  return fused
}

function discardSmallest(matrix: Float64Array, tokens: number, prefixTokens: number, share: number): void {
  const count = Math.floor(share * matrix.length)
  if (count === 0) return
  const threshold = matrix.slice().sort()[count - 1] ?? 0
  // Among equal values the first ones go, so that exactly `count` are taken.
  let atThreshold = count - matrix.reduce((below, weight) => below + (weight < threshold ? 1 : 0), 0)
  for (let i = 0; i < matrix.length; i++) {
    const weight = matrix[i] ?? 0
    if (weight > threshold) continue
    if (weight === threshold && atThreshold-- <= 0) continue
    if (i % tokens >= prefixTokens) matrix[i] = 0
  }
}

function finishRow(matrix: Float64Array, query: number, tokens: number, residual: boolean): void {
  const row = matrix.subarray(query * tokens, (query + 1) * tokens)
  if (residual) {
    for (let j = 0; j < tokens; j++) row[j] = 0.5 * (row[j] ?? 0) + (j === query ? 0.5 : 0)
  }
  let sum = 0
  for (const weight of row) sum += weight
  // A row of which nothing is left mixes nothing: the token stays what it is.
  if (sum === 0) row[query] = 1
  else for (let j = 0; j < tokens; j++) row[j] = (row[j] ?? 0) / sum
}
