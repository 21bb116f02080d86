import fc from 'fast-check'
import { expect, test } from 'vitest'
import { summariseSizes } from '@shared/datasets/originalSizes'

const pictures = fc.array(
  fc.record({ width: fc.integer({ min: 1, max: 30_000 }), height: fc.integer({ min: 1, max: 30_000 }) }),
  { minLength: 1, maxLength: 50 },
)

test('every picture is in the one bin that its shorter side belongs to', () => {
  fc.assert(
    fc.property(pictures, (all) => {
      const { bins, smallest, largest, enlarged } = summariseSizes(all, 224)
      const sides = all.map(({ width, height }) => Math.min(width, height))
      expect([smallest, largest]).toEqual([Math.min(...sides), Math.max(...sides)])
      expect(enlarged).toBe(sides.filter((side) => side < 224).length)
      for (const { from, to, count } of bins) {
        expect(count).toBe(sides.filter((side) => side >= from && side < to).length)
      }
      expect(bins.at(0)?.count).toBeGreaterThan(0)
      expect(bins.at(-1)?.count).toBeGreaterThan(0)
      bins.slice(1).forEach((bin, index) => expect(bin.from).toBe(bins[index]?.to))
    }),
  )
})

test('without pictures there are no bins', () => {
  expect(summariseSizes([], 224)).toEqual({ bins: [], smallest: 0, largest: 0, enlarged: 0 })
})
