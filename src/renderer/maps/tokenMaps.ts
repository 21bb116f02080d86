import type { FloatArray } from '../ipc/artifacts'

/** A value for each patch, row by row, and what went to the class token. */
export interface PatchMap {
  /** `[side, side]` */
  values: Float32Array
  side: number
  classToken: number
}

/** Token 0 is the class token; the patches follow row by row. */
export function patchMap(tokens: Float32Array): PatchMap {
  const values = tokens.slice(1)
  return { values, side: Math.round(Math.sqrt(values.length)), classToken: tokens[0] ?? 0 }
}

export type HeadChoice = number | 'mean'

/** One row of an attention array `[layers, heads, tokens]`: a head's, or the mean over the layer's heads. */
export function attentionRow(attention: FloatArray, layer: number, head: HeadChoice): Float32Array {
  const [, heads = 0, tokens = 0] = attention.shape
  const layerStart = layer * heads * tokens
  if (head !== 'mean') {
    const start = layerStart + head * tokens
    return attention.values.slice(start, start + tokens)
  }
  const mean = new Float32Array(tokens)
  for (let index = 0; index < heads * tokens; index++) {
    const token = index % tokens
    mean[token] = (mean[token] ?? 0) + (attention.values[layerStart + index] ?? 0) / heads
  }
  return mean
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

/** Token number of the patch at a row and column. */
export function tokenAt(row: number, column: number, side: number): number {
  return 1 + row * side + column
}

/** Row and column of a token from 0, or null for the class token. */
export function patchOf(token: number, side: number): { row: number; column: number } | null {
  if (token < 1) return null
  return { row: Math.floor((token - 1) / side), column: (token - 1) % side }
}
