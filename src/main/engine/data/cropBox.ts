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

/**
 * The same part as TensorFlow's `ImageProjectiveTransformV3` takes it. A warp that went by the edges
 * instead would mix black into the outermost pixels of an enlarged crop at the record's border.
 */
export function boxTransform([y1, x1, y2, x2]: CropBox, recordSide: number, side: number): Float32Array {
  const steps = Math.max(1, side - 1)
  const last = recordSide - 1
  return Float32Array.of((last * (x2 - x1)) / steps, 0, last * x1, 0, (last * (y2 - y1)) / steps, last * y1, 0, 0)
}
