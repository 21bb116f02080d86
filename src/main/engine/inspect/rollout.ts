import type { Fusion } from '@shared/contract/records'
import { headMatrix, type AttentionMaps } from './attentionMaps'

/**
 * Attention rollout: Abnar & Zuidema (2020), "Quantifying Attention Flow in Transformers", section 3.
 * Per layer the heads are fused, the smallest values discarded, half an identity matrix mixed in for
 * the residual connection, and rows divided by their sum; the matrices are then multiplied upwards.
 */
export interface RolloutOptions {
  fusion: Fusion
  /** A ← ½A + ½I. */
  residual: boolean
  /**
   * Share from 0 up to 1: of each fused matrix the ⌊share · tokens²⌋ smallest values become zero,
   * except those of them that are in the class token's column.
   */
  discard: number
}

/** Rollout of every query token, [batch, tokens, tokens]; rows sum to 1. */
export function rollout(maps: AttentionMaps, options: RolloutOptions): Float32Array {
  const { tokens } = maps
  const result = new Float32Array(maps.batch * tokens * tokens)
  for (let image = 0; image < maps.batch; image++) {
    let rolled = mixingMatrix(maps, 0, image, options)
    for (let layer = 1; layer < maps.layers.length; layer++) {
      rolled = multiply(mixingMatrix(maps, layer, image, options), rolled, tokens)
    }
    result.set(rolled, image * tokens * tokens)
  }
  return result
}

/**
 * Rollout of one query token of one image, [tokens]: the same as that row of `rollout`, but a row
 * times a matrix per layer instead of two matrices.
 */
export function rolloutOfQuery(
  maps: AttentionMaps,
  image: number,
  query: number,
  options: RolloutOptions,
): Float32Array {
  const { tokens } = maps
  let row = new Float64Array(tokens)
  row[query] = 1
  for (let layer = maps.layers.length - 1; layer >= 0; layer--) {
    const matrix = mixingMatrix(maps, layer, image, options)
    const next = new Float64Array(tokens)
    row.forEach((weight, i) => {
      addMultiple(next, 0, matrix, i * tokens, weight, tokens)
    })
    row = next
  }
  return Float32Array.from(row)
}

/** Fused, discarded, residual and normalised: how one layer mixes its tokens, [tokens, tokens]. */
function mixingMatrix(maps: AttentionMaps, layer: number, image: number, options: RolloutOptions): Float64Array {
  const matrix = fuseHeads(maps, layer, image, options.fusion)
  discardSmallest(matrix, maps.tokens, options.discard)
  for (let i = 0; i < maps.tokens; i++) finishRow(matrix, i, maps.tokens, options.residual)
  return matrix
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

function fuseHeads(maps: AttentionMaps, layer: number, image: number, fusion: Fusion): Float64Array {
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

function discardSmallest(matrix: Float64Array, tokens: number, share: number): void {
  const count = Math.floor(share * matrix.length)
  if (count === 0) return
  const threshold = matrix.slice().sort()[count - 1] ?? 0
  // Among equal values the first ones go, so that exactly `count` are taken.
  let atThreshold = count - matrix.reduce((below, weight) => below + (weight < threshold ? 1 : 0), 0)
  for (let i = 0; i < matrix.length; i++) {
    const weight = matrix[i] ?? 0
    if (weight > threshold) continue
    if (weight === threshold && atThreshold-- <= 0) continue
    if (i % tokens !== 0) matrix[i] = 0
  }
}

function multiply(left: Float64Array, right: Float64Array, size: number): Float64Array {
  const product = new Float64Array(size * size)
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < size; k++) {
      addMultiple(product, i * size, right, k * size, left[i * size + k] ?? 0, size)
    }
  }
  return product
}

function addMultiple(
  target: Float64Array,
  targetStart: number,
  source: Float64Array,
  sourceStart: number,
  factor: number,
  count: number,
): void {
  for (let j = 0; j < count; j++) {
    target[targetStart + j] = (target[targetStart + j] ?? 0) + factor * (source[sourceStart + j] ?? 0)
  }
}
