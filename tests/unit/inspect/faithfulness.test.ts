import { describe, expect, it } from 'vitest'
import { curveShares, faithfulnessCurves, meanCurves, patchOrder } from '@engine/inspect/faithfulness'

/** 3 × 4 × 4 pixels in 2 × 2 patches; each pixel of patch p holds p + 1. */
const side = 4
const pixels = Float32Array.from({ length: 3 * side * side }, (_, i) => {
  const at = i % (side * side)
  return Math.floor(at / side / 2) * 2 + Math.floor((at % side) / 2) + 1
})
const image = { pixels, channels: 3, side, patchSize: 2 }

/** The share of the image's sum that is left: a "model" whose every answer is known. */
function remaining(batch: Float32Array, count: number): Promise<number[]> {
  const area = pixels.length
  return Promise.resolve(
    Array.from({ length: count }, (_, index) => {
      return batch.subarray(index * area, (index + 1) * area).reduce((sum, value) => sum + value, 0) / (10 * 12)
    }),
  )
}

describe('deletion and insertion', () => {
  it('take patches away and bring them in the order of the map', async () => {
    const curves = await faithfulnessCurves(image, patchOrder(Float32Array.of(1, 3, 2, 9)), 3, remaining)
    const rounded = (values: readonly number[]) => values.map((value) => Number(value.toFixed(6)))
    expect(rounded(curves.deletion)).toEqual([1, 0.6, 0.4, 0.1, 0])
    expect(rounded(curves.insertion)).toEqual([0, 0.4, 0.6, 0.9, 1])
    expect(curves.deletionArea).toBeCloseTo(0.4, 6)
    expect(curves.insertionArea).toBeCloseTo(0.6, 6)
  })

  it('have at most twenty steps, on whole patches', () => {
    const shares = curveShares(196)
    expect(shares).toHaveLength(21)
    for (const share of shares) expect(share * 196).toBeCloseTo(Math.round(share * 196), 9)
    expect(curveShares(4)).toEqual([0, 0.25, 0.5, 0.75, 1])
  })

  it('are averaged point by point', () => {
    const one = { deletion: [1, 0], insertion: [0, 1], deletionArea: 0.5, insertionArea: 0.5 }
    const other = { deletion: [1, 0.5], insertion: [0, 0], deletionArea: 0.75, insertionArea: 0 }
    expect(meanCurves([one, other])).toEqual({
      deletion: [1, 0.25],
      insertion: [0, 0.5],
      deletionArea: 0.625,
      insertionArea: 0.25,
    })
  })
})
