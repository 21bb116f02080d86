import { describe, expect, it } from 'vitest'
import { attentionDistance } from '@engine/inspect/distance'

const tokens = 5

/** One head on a 2 × 2 grid of patches: every token attends to `key` alone. */
function attendingTo(key: number): Float32Array {
  const weights = new Float32Array(tokens * tokens)
  for (let query = 0; query < tokens; query++) weights[query * tokens + key] = 1
  return weights
}

describe('attentionDistance', () => {
  it('averages the distances of the patches, not of the class token', () => {
    const layers = [attendingTo(1)]
    const [distance] = attentionDistance({ layers, batch: 1, heads: 1, tokens, prefixTokens: 1 }, 16)
    expect(distance).toBeCloseTo((16 * (0 + 1 + 1 + Math.SQRT2)) / 4, 5)
  })

  it('is 0 where all attention is on the class token', () => {
    expect([
      ...attentionDistance({ layers: [attendingTo(0)], batch: 1, heads: 1, tokens, prefixTokens: 1 }, 16),
    ]).toEqual([0])
  })

  it('gives layers × heads, averaged over the images', () => {
    const patch = [...attendingTo(1)]
    const classToken = [...attendingTo(0)]
    // Per image two heads: the first attends to the first patch in one of two images only.
    const layer = Float32Array.from([...patch, ...classToken, ...classToken, ...classToken])
    const found = attentionDistance({ layers: [layer, layer], batch: 2, heads: 2, tokens, prefixTokens: 1 }, 8)
    const half = (8 * (2 + Math.SQRT2)) / 4 / 2
    for (const [index, expected] of [half, 0, half, 0].entries()) expect(found[index]).toBeCloseTo(expected, 5)
  })
})
