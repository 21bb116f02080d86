import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { fusions } from '@shared/contract/mapRecipe'
import { attentionDistance } from '@engine/inspect/distance'
import { principalComponents } from '@engine/inspect/pca'
import { rollout } from '@engine/inspect/rollout'
import { positionSimilarity } from '@engine/inspect/weightViews'
import { readCheckpoint } from '@engine/vit/checkpoint'
import { goldenArray, goldenAttention, goldenJson, goldenPath, largestDifference } from './fixture'

describe('rollout equals numpy within 1e-6', () => {
  for (const fusion of fusions) {
    for (const residual of [true, false]) {
      for (const discard of [0, 0.5]) {
        const name = `${fusion}-${residual ? 'residual' : 'plain'}-${discard}`
        it(name, async () => {
          const expected = await goldenArray(`rollout/${name}.npy`)
          const rolled = rollout(await goldenAttention(), { fusion, residual, discard })
          expect(largestDifference(rolled, expected.data)).toBeLessThan(1e-6)
        })
      }
    }
  }
})

describe('principal components equal numpy within 1e-5', () => {
  const variances = z.object({ explainedVariance: z.record(z.string(), z.array(z.number())) })
  it.each(['wide', 'tall'])('%s', async (name) => {
    const bank = await goldenArray(`pca/${name}.npy`)
    const expected = await goldenArray(`pca/${name}-components.npy`)
    const { explainedVariance } = variances.parse(await goldenJson('pca/pca.json'))
    const [rowCount = 0, values = 0] = bank.shape
    const found = principalComponents(bank.data, rowCount, values, 28)
    expect(found.count).toBe(28)
    expect(largestDifference(found.components, expected.data)).toBeLessThan(1e-5)
    for (const [index, variance] of (explainedVariance[name] ?? []).entries()) {
      expect(Math.abs((found.explainedVariance[index] ?? NaN) / variance - 1)).toBeLessThan(1e-9)
    }
  })
})

it('position similarity equals numpy within 1e-6', async () => {
  const expected = await goldenArray('position-similarity.npy')
  const checkpoint = await readCheckpoint(goldenPath('vit-small/weights.safetensors'), { heads: 4 })
  const { tokens, similarity } = positionSimilarity(checkpoint)
  expect([tokens, tokens]).toEqual(expected.shape)
  expect(largestDifference(similarity, expected.data)).toBeLessThan(1e-6)
})

describe('attention distance', () => {
  const distances = z.object({
    patchSize: z.number(),
    distances: z.array(z.array(z.number())),
    uniform14: z.number(),
  })

  it('equals numpy within 1e-4 px', async () => {
    const expected = distances.parse(await goldenJson('attention-distance.json'))
    const found = attentionDistance(await goldenAttention(), expected.patchSize)
    expect(largestDifference(found, expected.distances.flat())).toBeLessThan(1e-4)
  })

  it('is 116.492 px for uniform attention over 14 × 14 patches of 16 px', async () => {
    const expected = distances.parse(await goldenJson('attention-distance.json'))
    const layers = [new Float32Array(197 * 197).fill(1 / 196)]
    const [found] = attentionDistance({ layers, batch: 1, heads: 1, tokens: 197, prefixTokens: 1 }, 16)
    expect(found).toBeCloseTo(116.492, 3)
    expect(found).toBeCloseTo(expected.uniform14, 4)
  })
})
