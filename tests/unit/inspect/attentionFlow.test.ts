import { describe, expect, it } from 'vitest'
import { SeededRandom } from '@shared/random'
import { attentionFlow } from '@engine/inspect/attentionFlow'
import type { AttentionMaps } from '@engine/inspect/attentionMaps'
import { LayeredNetwork } from '@engine/inspect/maximumFlow'
import { mixingMatrix } from '@engine/inspect/mixing'

const options = { fusion: 'mean', residual: true, discard: 0 } as const

/** Uneven attention, large enough that worker threads take it. */
function largeMaps(): AttentionMaps {
  const tokens = 82
  const random = new SeededRandom(8)
  const layers = Array.from({ length: 4 }, () => {
    const weights = Float32Array.from({ length: tokens * tokens }, () => Math.exp(3 * random.normal()))
    for (let start = 0; start < weights.length; start += tokens) {
      const row = weights.subarray(start, start + tokens)
      const sum = row.reduce((total, weight) => total + weight, 0)
      row.forEach((weight, i) => (row[i] = weight / sum))
    }
    return weights
  })
  return { layers, batch: 1, heads: 1, tokens, prefixTokens: 1 }
}

describe('attention flow in worker threads', () => {
  it('is that of the network, and each token is reported once', async () => {
    const maps = largeMaps()
    let done = 0
    const run = { cancelled: new AbortController().signal, onTokenDone: () => (done += 1) }
    const flow = await attentionFlow(maps, 0, 0, options, run)
    expect(done).toBe(maps.tokens)
    const capacities = Float64Array.from(maps.layers.flatMap((_, layer) => [...mixingMatrix(maps, layer, 0, options)]))
    const network = new LayeredNetwork(capacities, maps.tokens, 0)
    for (const sink of [0, 1, 40, 81]) expect(flow[sink]).toBeCloseTo(network.maximumFlow(sink), 5)
  })

  it('ends when it is called off', async () => {
    const stop = new AbortController()
    const run = { cancelled: stop.signal, onTokenDone: () => stop.abort() }
    await expect(attentionFlow(largeMaps(), 0, 0, options, run)).rejects.toMatchObject({ kind: 'cancelled' })
    expect(stop.signal.aborted).toBe(true)
  })
})
