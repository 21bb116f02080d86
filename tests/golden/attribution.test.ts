import { describe, expect, it } from 'vitest'
import { attentionFlow } from '@engine/inspect/attentionFlow'
import { attentionEntropy, headSimilarity } from '@engine/inspect/headStatistics'
import { gradientRollout, gradientRolloutOfQuery, relevanceMaps } from '@engine/inspect/gradientRollout'
import { LayeredNetwork } from '@engine/inspect/maximumFlow'
import { tokenViews } from '@engine/inspect/tokenViews'
import { readCheckpoint } from '@engine/vit/checkpoint'
import { Predictor } from '@engine/vit/predictor'
import { goldenArray, goldenAttention, goldenPath, largestDifference } from './fixture'

async function openModel(): Promise<Predictor> {
  return Predictor.open(await readCheckpoint(goldenPath('vit-small/weights.safetensors'), { heads: 4 }))
}

describe('attention flow equals networkx within 1e-5', () => {
  const quietly = { cancelled: new AbortController().signal, onTokenDone: () => undefined }

  for (const fusion of ['mean', 'max'] as const) {
    for (const residual of [true, false]) {
      const name = `flow-${fusion}-${residual ? 'residual' : 'plain'}`
      it(name, async () => {
        const expected = await goldenArray(`attribution/${name}.npy`)
        const maps = await goldenAttention()
        for (const image of [0, 1]) {
          const flow = await attentionFlow(maps, image, 0, { fusion, residual, discard: 0 }, quietly)
          expect(largestDifference(flow, expected.data.subarray(image * 17, (image + 1) * 17))).toBeLessThan(1e-5)
        }
      })
    }
  }

  it.each([0, 1, 2, 3])('network %i, from every token to every token', async (number) => {
    const { shape, data } = await goldenArray(`attribution/network-${number}.npy`)
    const expected = await goldenArray(`attribution/network-${number}-flow.npy`)
    const [, tokens = 0] = shape
    const found = Array.from({ length: tokens }, (_, source) => {
      const network = new LayeredNetwork(Float64Array.from(data), tokens, source)
      return Array.from({ length: tokens }, (__, sink) => network.maximumFlow(sink))
    })
    expect(largestDifference(found.flat(), expected.data)).toBeLessThan(1e-5)
  })
})

it("gradient-weighted rollout equals PyTorch's within 1e-4", async () => {
  const expected = await goldenArray('attribution/gradient-rollout.npy')
  const { data: classes } = await goldenArray('attribution/classes.npy')
  const input = await goldenArray('vit-small/input.npy')
  const model = await openModel()
  try {
    const maps = await goldenAttention()
    const relevance = relevanceMaps(maps, await model.attentionGradients(input.data, 4, [...classes]))
    const rolled = gradientRollout(relevance, 'mean')
    expect(largestDifference(rolled, expected.data)).toBeLessThan(1e-4)
    const row = gradientRolloutOfQuery(relevance, 2, 5, 'mean')
    const start = (2 * 17 + 5) * 17
    expect(largestDifference(row, expected.data.subarray(start, start + 17))).toBeLessThan(1e-4)
  } finally {
    model.dispose()
  }
})

it('head entropy and similarity equal numpy within 1e-5', async () => {
  const maps = await goldenAttention()
  expect(largestDifference(attentionEntropy(maps), (await goldenArray('attribution/entropy.npy')).data)).toBeLessThan(
    1e-5,
  )
  const similarity = await goldenArray('attribution/head-similarity.npy')
  expect(largestDifference(headSimilarity(maps), similarity.data)).toBeLessThan(1e-5)
})

it("tokens at every depth, their norms and similarity equal PyTorch's", async () => {
  const input = await goldenArray('vit-small/input.npy')
  const expected = await goldenArray('attribution/tokens.npy')
  const model = await openModel()
  try {
    const { tokens, attention } = await model.look(input.data, 4)
    expect(attention).toHaveLength(3)
    const perDepth = expected.data.length / 4
    tokens.forEach((rows, depth) => {
      expect(largestDifference(rows, expected.data.subarray(depth * perDepth, (depth + 1) * perDepth))).toBeLessThan(
        1e-4,
      )
    })
    const firstImage = tokens.map((rows) => rows.subarray(0, 17 * 48))
    const views = tokenViews(firstImage, 2, 48, 1)
    expect(largestDifference(views.norms, (await goldenArray('attribution/token-norms.npy')).data)).toBeLessThan(1e-4)
    const means = await goldenArray('attribution/mean-similarity.npy')
    expect(largestDifference(views.meanSimilarities, means.data)).toBeLessThan(1e-5)
  } finally {
    model.dispose()
  }
})
