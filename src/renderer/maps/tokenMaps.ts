import type { FusionChoice } from '@shared/contract/mapRecipe'
import type { FloatArray } from '../ipc/artifacts'

/** A value for each patch, row by row, and what went to the tokens in front of them. */
export interface PatchMap {
  /** `[side, side]` */
  values: Float32Array
  side: number
  /** Sum over the class token and the registers. */
  prefixSum: number
}

/** @param prefixTokens tokens in front of the patches, which follow row by row */
export function patchMap(tokens: Float32Array, prefixTokens: number): PatchMap {
  const values = tokens.slice(prefixTokens)
  const prefixSum = tokens.subarray(0, prefixTokens).reduce((sum, value) => sum + value, 0)
  return { values, side: Math.round(Math.sqrt(values.length)), prefixSum }
}

/** One row of an attention array `[layers, heads, tokens]`: a head's, or the fusion over the layer's heads. */
export function attentionRow(attention: FloatArray, layer: number, fusion: FusionChoice): Float32Array {
  const [, heads = 0, tokens = 0] = attention.shape
  const layerStart = layer * heads * tokens
  const rowOf = (head: number) =>
    attention.values.subarray(layerStart + head * tokens, layerStart + (head + 1) * tokens)
  if (typeof fusion === 'number') return rowOf(fusion).slice()
  const fused = rowOf(0).slice()
  for (let head = 1; head < heads; head++) {
    rowOf(head).forEach((value, token) => {
      const before = fused[token] ?? 0
      if (fusion === 'mean') fused[token] = before + value
      else fused[token] = fusion === 'max' ? Math.max(before, value) : Math.min(before, value)
    })
  }
  return fusion === 'mean' ? fused.map((value) => value / heads) : fused
}

export interface ValueRange {
  low: number
  high: number
}

export function rangeOf(values: ArrayLike<number>): ValueRange {
  let low = Infinity
  let high = -Infinity
  for (let index = 0; index < values.length; index++) {
    const value = values[index] ?? 0
    if (value < low) low = value
    if (value > high) high = value
  }
  return low <= high ? { low, high } : { low: 0, high: 0 }
}

export interface PatchPlace {
  row: number
  column: number
}

/** Token number of the patch at a row and column. */
export function tokenAt({ row, column }: PatchPlace, side: number, prefixTokens: number): number {
  return prefixTokens + row * side + column
}

/** Row and column of a token from 0, or null for the class token and the registers. */
export function patchOf(token: number, side: number, prefixTokens: number): PatchPlace | null {
  const patch = token - prefixTokens
  if (patch < 0) return null
  return { row: Math.floor(patch / side), column: patch % side }
}
