import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LayeredNetwork } from '@engine/inspect/maximumFlow'

/** Row-stochastic capacities [depth, tokens, tokens], uneven enough that the bounds are seldom reached. */
const someNetwork = fc
  .record({ depth: fc.integer({ min: 1, max: 5 }), tokens: fc.integer({ min: 2, max: 5 }) })
  .chain(({ depth, tokens }) =>
    fc
      .array(fc.double({ min: 0, max: 1, noNaN: true }), {
        minLength: depth * tokens ** 2,
        maxLength: depth * tokens ** 2,
      })
      .map((values) => {
        const capacities = Float64Array.from(values, (value) => value ** 6 + 1e-6)
        for (let start = 0; start < capacities.length; start += tokens) {
          const row = capacities.subarray(start, start + tokens)
          const sum = row.reduce((total, value) => total + value, 0)
          row.forEach((value, i) => (row[i] = value / sum))
        }
        return { depth, tokens, capacities }
      }),
  )

/** Smallest cut by trying all of them: one set of tokens on the source's side for each inner layer. */
function smallestCut(capacities: Float64Array, depth: number, tokens: number, source: number, sink: number): number {
  const at = (layer: number, i: number, j: number) => capacities[(layer * tokens + i) * tokens + j] ?? 0
  /** Best value for each set of the layer above. */
  let best = new Map([[1 << source, 0]])
  for (let layer = depth - 1; layer >= 0; layer--) {
    const next = new Map<number, number>()
    const sets =
      layer === 0 ? [((1 << tokens) - 1) & ~(1 << sink)] : Array.from({ length: 1 << tokens }, (_, set) => set)
    for (const [above, value] of best) {
      for (const below of sets) {
        let cut = value
        for (let i = 0; i < tokens; i++) {
          if ((above & (1 << i)) === 0) continue
          for (let j = 0; j < tokens; j++) if ((below & (1 << j)) === 0) cut += at(layer, i, j)
        }
        next.set(below, Math.min(next.get(below) ?? Infinity, cut))
      }
    }
    best = next
  }
  return Math.min(...best.values())
}

describe('maximum flow', () => {
  it('equals the smallest cut', () => {
    fc.assert(
      fc.property(someNetwork, ({ depth, tokens, capacities }) => {
        const network = new LayeredNetwork(capacities, tokens, 1)
        for (let sink = 0; sink < tokens; sink++) {
          const cut = smallestCut(capacities, depth, tokens, 1, sink)
          expect(Math.abs(network.maximumFlow(sink) - cut)).toBeLessThan(1e-7)
        }
      }),
      { numRuns: 60 },
    )
  })

  it('is 1 where every layer only mixes a token with itself, and 0 to the others', () => {
    const identity = Float64Array.from({ length: 4 * 9 }, (_, i) => ((i % 9) % 4 === 0 ? 1 : 0))
    const network = new LayeredNetwork(identity, 3, 2)
    expect([0, 1, 2].map((sink) => network.maximumFlow(sink))).toEqual([0, 0, 1])
  })

  it('goes through 12 layers of 50 tokens in under a second', () => {
    const tokens = 50
    const capacities = Float64Array.from({ length: 12 * tokens ** 2 }, (_, i) => 1 + Math.sin(i * i))
    for (let start = 0; start < capacities.length; start += tokens) {
      const row = capacities.subarray(start, start + tokens)
      const sum = row.reduce((total, value) => total + value, 0)
      row.forEach((value, i) => (row[i] = value / sum))
    }
    const network = new LayeredNetwork(capacities, tokens, 0)
    const before = process.cpuUsage()
    for (let sink = 0; sink < tokens; sink++) expect(network.maximumFlow(sink)).toBeLessThan(1 + 1e-9)
    expect(process.cpuUsage(before).user / 1e6).toBeLessThan(1)
  })
})
