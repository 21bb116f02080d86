import type { Weight } from './parameters'

/**
 * Position embeddings for another number of patches: the rows before the patches stay, those of the
 * patches are resampled as an image with one channel per dimension, bicubic and with antialiasing, as
 * timm's `resample_abs_pos_embed` does (PyTorch's `interpolate`).
 * @param positions [1, prefix + from², d]
 * @param prefix number of tokens before the patches
 * @returns [1, prefix + to², d]
 */
export function resizePositions(positions: Weight, prefix: number, from: number, to: number): Weight {
  if (from === to) return positions
  const width = positions.shape[2] ?? 0
  const data = new Float32Array((prefix + to * to) * width)
  data.set(positions.data.subarray(0, prefix * width))
  const taps = resamplingTaps(from, to)
  const grid = positions.data.subarray(prefix * width)
  // Along the columns of each row first, then along the rows: [from, from, d] → [from, to, d] → [to, to, d].
  const wide = new Float32Array(from * to * width)
  for (let row = 0; row < from; row++) {
    resample(grid, row * from * width, width, wide, row * to * width, width, taps, width)
  }
  for (let column = 0; column < to; column++) {
    resample(wide, column * width, to * width, data, (prefix + column) * width, to * width, taps, width)
  }
  return { shape: [1, prefix + to * to, width], data }
}

/** The inputs that one output is made of, and their weights, which sum to 1. */
interface Taps {
  first: number
  weights: number[]
}

function resamplingTaps(from: number, to: number): Taps[] {
  const scale = from / to
  // Shrinking widens the kernel by as much, which is the antialiasing.
  const stretch = Math.max(1, scale)
  const support = 2 * stretch
  return Array.from({ length: to }, (_, index) => {
    const centre = scale * (index + 0.5)
    const first = Math.max(0, Math.trunc(centre - support + 0.5))
    const end = Math.min(from, Math.trunc(centre + support + 0.5))
    const raw = Array.from({ length: end - first }, (_, tap) => cubic((first + tap - centre + 0.5) / stretch))
    const sum = raw.reduce((total, weight) => total + weight, 0)
    return { first, weights: raw.map((weight) => weight / sum) }
  })
}

/** Keys' cubic convolution kernel with a = −0.5 (1981). */
function cubic(distance: number): number {
  const a = -0.5
  const x = Math.abs(distance)
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a
  return 0
}

/** One line of vectors: `step` values lie between the beginnings of neighbours. */
function resample(
  source: Float32Array,
  sourceStart: number,
  sourceStep: number,
  target: Float32Array,
  targetStart: number,
  targetStep: number,
  taps: readonly Taps[],
  width: number,
): void {
  for (const [index, { first, weights }] of taps.entries()) {
    for (let k = 0; k < width; k++) {
      let sum = 0
      for (const [tap, weight] of weights.entries()) {
        sum += weight * (source[sourceStart + (first + tap) * sourceStep + k] ?? 0)
      }
      target[targetStart + index * targetStep + k] = sum
    }
  }
}
