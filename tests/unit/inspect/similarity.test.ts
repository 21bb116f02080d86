import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cosineSimilarity, neighbourContrast } from '@engine/inspect/similarity'

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

describe('neighbourContrast', () => {
  it('is the similarity of neighbours less that of all pairs', () => {
    // Two by two patches: four pairs of neighbours, and two diagonals.
    const at = (one: number, other: number) =>
      one === other ? 1 : Math.abs(one - other) === 3 || one + other === 3 ? 0.1 : 0.7
    const similarity = Float32Array.from({ length: 16 }, (_, i) => at(Math.floor(i / 4), i % 4))
    expect(neighbourContrast(similarity, 2)).toBeCloseTo(0.7 - (4 * 0.7 + 2 * 0.1) / 6, 6)
  })

  it('is 0 where all are alike, and for a single patch', () => {
    expect(neighbourContrast(new Float32Array(81).fill(0.4), 3)).toBeCloseTo(0, 6)
    expect(neighbourContrast(Float32Array.of(1), 1)).toBe(0)
  })
})
