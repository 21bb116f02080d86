import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fusions } from '@shared/contract/mapRecipe'
import { SeededRandom } from '@shared/random'
import type { AttentionMaps } from '@engine/inspect/attentionMaps'
import type { MixingOptions } from '@engine/inspect/mixing'
import { readOut } from '@engine/inspect/readOut'
import { rollout, rolloutOfQuery, rolloutReadOut } from '@engine/inspect/rollout'

/** Softmax rows of random scores. */
function randomAttention(depth: number, batch: number, heads: number, tokens: number, seed: number): AttentionMaps {
  const random = new SeededRandom(seed)
  const layers = Array.from({ length: depth }, () => {
    const weights = Float32Array.from({ length: batch * heads * tokens * tokens }, () => Math.exp(2 * random.normal()))
    for (let start = 0; start < weights.length; start += tokens) {
      const row = weights.subarray(start, start + tokens)
      const sum = row.reduce((total, weight) => total + weight, 0)
      row.forEach((weight, i) => (row[i] = weight / sum))
    }
    return weights
  })
  return { layers, batch, heads, tokens, prefixTokens: 1 }
}

const someAttention = fc
  .record({
    depth: fc.integer({ min: 1, max: 4 }),
    batch: fc.integer({ min: 1, max: 2 }),
    heads: fc.integer({ min: 1, max: 3 }),
    tokens: fc.integer({ min: 2, max: 10 }),
    seed: fc.nat(),
  })
  .map(({ depth, batch, heads, tokens, seed }) => randomAttention(depth, batch, heads, tokens, seed))

const someOptions: fc.Arbitrary<MixingOptions> = fc.record({
  fusion: fc.constantFrom(...fusions),
  residual: fc.boolean(),
  discard: fc.double({ min: 0, max: 0.99, noNaN: true }),
})

describe('rollout', () => {
  it('has rows that sum to 1 and no negative values', () => {
    fc.assert(
      fc.property(someAttention, someOptions, (maps, options) => {
        const rolled = rollout(maps, options)
        expect(rolled).toHaveLength(maps.batch * maps.tokens ** 2)
        for (let start = 0; start < rolled.length; start += maps.tokens) {
          const row = rolled.subarray(start, start + maps.tokens)
          expect(row.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 5)
          expect(Math.min(...row)).toBeGreaterThanOrEqual(0)
        }
      }),
    )
  })

  it('of one query equals that row of the whole', () => {
    fc.assert(
      fc.property(someAttention, someOptions, (maps, options) => {
        const rolled = rollout(maps, options)
        const { tokens, batch } = maps
        const image = batch - 1
        for (let query = 0; query < tokens; query++) {
          const start = (image * tokens + query) * tokens
          const row = rolloutOfQuery(maps, image, query, options)
          row.forEach((weight, i) => expect(weight).toBeCloseTo(rolled[start + i] ?? NaN, 5))
        }
      }),
    )
  })

  it('as the head sees it is the class token’s row, or the mean of the patches’ rows', () => {
    fc.assert(
      fc.property(someAttention, someOptions, fc.constantFrom('class-token', 'mean'), (maps, options, pooling) => {
        const { tokens, prefixTokens } = maps
        const seen = rolloutReadOut(maps, 0, { pooling }, options).subarray(prefixTokens)
        const whole = readOut(rollout({ ...maps, batch: 1 }, options), maps, { pooling })
        expect(seen).toHaveLength(tokens - prefixTokens)
        seen.forEach((weight, patch) => expect(weight).toBeCloseTo(whole[patch] ?? NaN, 5))
      }),
    )
  })

  it('never discards attention to the class token', () => {
    const weights = Float32Array.of(0.1, 0.9, 0.2, 0.8)
    const maps: AttentionMaps = { layers: [weights], batch: 1, heads: 1, tokens: 2, prefixTokens: 1 }
    const options = { fusion: 'mean', residual: false, discard: 0.75 } as const
    // The three smallest values are 0.1, 0.2 and 0.8; two of them are in the class token's column.
    const rolled = rollout(maps, options)
    expect(rolled[0]).toBeCloseTo(0.1, 6)
    expect(rolled[1]).toBeCloseTo(0.9, 6)
    expect([...rolled.subarray(2)]).toEqual([1, 0])
  })

  it('keeps a token as it is when nothing of its attention is left', () => {
    const maps: AttentionMaps = {
      layers: [Float32Array.of(0, 0, 0, 1)],
      batch: 1,
      heads: 1,
      tokens: 2,
      prefixTokens: 1,
    }
    expect([...rollout(maps, { fusion: 'min', residual: false, discard: 0 })]).toEqual([1, 0, 0, 1])
  })
})

describe('readOut', () => {
  const matrix = Float32Array.of(0.9, 0.05, 0.05, 0.2, 0.3, 0.5, 0.4, 0.5, 0.1)
  const maps: AttentionMaps = { layers: [matrix], batch: 1, heads: 1, tokens: 3, prefixTokens: 1 }

  it('is the class token’s attention to the patches', () => {
    expect(Array.from(readOut(matrix, maps, { pooling: 'class-token' }))).toEqual([...matrix.subarray(1, 3)])
  })

  it('leaves registers out of the mean that the head takes', () => {
    const [first, second] = readOut(matrix, maps, { pooling: 'mean' })
    expect(first).toBeCloseTo((0.3 + 0.5) / 2, 6)
    expect(second).toBeCloseTo((0.5 + 0.1) / 2, 6)
  })
})
