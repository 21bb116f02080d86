import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stratifiedSplit } from '@engine/data/split'

describe('stratified split', () => {
  it('takes the fraction of each class, and one of each side of a class with two or more', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(6), { maxLength: 200 }),
        fc.double({ min: 0.01, max: 0.9, noNaN: true }),
        fc.nat(1000),
        (labels, fraction, seed) => {
          const chosen = stratifiedSplit(labels, fraction, seed)
          for (const label of new Set(labels)) {
            const members = [...labels.keys()].filter((record) => labels[record] === label)
            const forVal = members.filter((record) => chosen[record]).length
            if (members.length < 2) expect(forVal).toBe(0)
            else {
              expect(forVal).toBeGreaterThanOrEqual(1)
              expect(forVal).toBeLessThanOrEqual(members.length - 1)
              expect(Math.abs(forVal - members.length * fraction)).toBeLessThanOrEqual(1)
            }
          }
          expect(stratifiedSplit(labels, fraction, seed)).toEqual(chosen)
        },
      ),
    )
  })

  it('adds up to the fraction of all', () => {
    const labels = Array.from({ length: 1000 }, (_, record) => record % 7)
    expect(stratifiedSplit(labels, 0.1, 1).filter(Boolean)).toHaveLength(100)
    expect(stratifiedSplit(labels, 0, 1).some(Boolean)).toBe(false)
    expect(stratifiedSplit(labels, 0.1, 1)).not.toEqual(stratifiedSplit(labels, 0.1, 2))
  })
})
