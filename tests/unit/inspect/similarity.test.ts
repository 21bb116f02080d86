import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cosineSimilarity } from '@engine/inspect/similarity'

const width = 5

describe('cosineSimilarity', () => {
  it('is symmetric with a unit diagonal, and never beyond ±1', () => {
    const entry = fc.double({ min: 0.1, max: 100, noNaN: true }).chain((size) => fc.constantFrom(size, -size))
    const someRows = fc.array(fc.array(entry, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 8 })
    fc.assert(
      fc.property(someRows, (rows) => {
        const count = rows.length
        const similarity = cosineSimilarity(Float32Array.from(rows.flat()), count, width)
        for (let i = 0; i < count; i++) {
          expect(similarity[i * count + i]).toBeCloseTo(1, 6)
          for (let j = 0; j < count; j++) {
            expect(similarity[i * count + j]).toBe(similarity[j * count + i])
            expect(Math.abs(similarity[i * count + j] ?? NaN)).toBeLessThanOrEqual(1 + 1e-6)
          }
        }
      }),
    )
  })

  it('knows the angle between rows', () => {
    const similarity = cosineSimilarity(Float32Array.of(1, 0, 0, 2, -3, 0), 3, 2)
    expect([...similarity]).toEqual([1, 0, -1, 0, 1, 0, -1, 0, 1])
  })

  it('is 0 for a row of zeros', () => {
    expect([...cosineSimilarity(Float32Array.of(0, 0, 1, 1), 2, 2)].map((value) => Number(value.toFixed(6)))).toEqual([
      0, 0, 0, 1,
    ])
  })
})
