import { describe, expect, it } from 'vitest'
import { localisationOf, locate } from '@engine/inspect/localisation'

/** 4 × 4 pixels, the object in the right half of the upper right patch of 2 × 2. */
const mask = Uint8Array.of(0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0)

describe('a map on an object', () => {
  it('has the share of its mass that the object covers', () => {
    const hit = locate(Float32Array.of(0, 0.6, 0.4, 0), 2, mask, 4)
    expect(hit.massOnObject).toBeCloseTo(0.3, 6)
    expect(hit.objectShare).toBeCloseTo(2 / 16, 6)
    // The centre of the strongest patch is the pixel in row 1, column 3.
    expect(hit.pointsAtObject).toBe(true)
  })

  it('misses with its strongest patch elsewhere, and counts as chance without mass', () => {
    expect(locate(Float32Array.of(0.1, 0.2, 0.7, 0), 2, mask, 4).pointsAtObject).toBe(false)
    expect(locate(new Float32Array(4), 2, mask, 4).massOnObject).toBeCloseTo(2 / 16, 6)
  })

  it('is averaged over the images', () => {
    const hits = [
      { massOnObject: 0.5, pointsAtObject: true, objectShare: 0.1 },
      { massOnObject: 0.1, pointsAtObject: false, objectShare: 0.3 },
    ]
    expect(localisationOf(hits)).toEqual({ images: 2, massOnObject: 0.3, pointingHits: 0.5, objectShare: 0.2 })
  })
})
