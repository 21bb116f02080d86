import type { Matrix } from './augment/geometry'

/**
 * A part of a square record as TensorFlow's `CropAndResize` takes it: `[y1, x1, y2, x2]`, where a
 * coordinate v means pixel v × (side − 1). Its corner pixels are the first and the last to be
 * sampled, so the whole record is exactly `[0, 0, 1, 1]`. x1 > x2 reads from right to left: mirrored.
 */
export type CropBox = readonly [y1: number, x1: number, y2: number, x2: number]

/** First and last pixel of a stretch of edges, in the direction in which it is read. */
function ends(scale: number, start: number, recordSide: number, side: number): [number, number] {
  const last = Math.max(1, recordSide - 1)
  const end = start + scale * side
  return scale > 0 ? [start / last, (end - 1) / last] : [(start - 1) / last, end / last]
}

/** The box of a warp that only crops and mirrors. */
export function boxOf(matrix: Matrix, recordSide: number, side: number): CropBox {
  const [x1, x2] = ends(matrix[0], matrix[2], recordSide, side)
  const [y1, y2] = ends(matrix[4], matrix[5], recordSide, side)
  return [y1, x1, y2, x2]
}
