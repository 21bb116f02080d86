import { describe, expect, it } from 'vitest'
import { readCheckpoint } from '@engine/vit/checkpoint'
import { loadInitialWeights } from '@engine/vit/loadInitialWeights'
import { forImageSize } from '@engine/vit/otherImageSize'
import { goldenPath } from '../../golden/fixture'
import { textWith } from '../../support/matching'
import { modelSizes } from '../../support/modelSizes'

const plain = modelSizes({ mlpRatio: 2 })
const published = goldenPath('layouts/google/model.npz')
const distilled = goldenPath('layouts/hf-deit-teacher/model.safetensors')

describe('fine-tuning from a published file', () => {
  it('keeps all weights for the same model', async () => {
    const weights = await loadInitialWeights(published, plain, 'keep')
    const { weights: all } = await readCheckpoint(published)
    expect([...weights.keys()]).toEqual([...all.keys()])
    expect(weights.get('head.weight')?.data).toEqual(all.get('head.weight')?.data)
  })

  it('leaves the head to the caller for other classes, and interpolates positions for other images', async () => {
    const weights = await loadInitialWeights(published, { ...plain, imageSize: 32, numClasses: 10 }, 'new')
    const { weights: all } = await readCheckpoint(published)
    expect([...all.keys()].filter((name) => !weights.has(name))).toEqual(['head.weight', 'head.bias'])
    const [before, after] = [all.get('pos_embed'), weights.get('pos_embed')]
    expect([before?.shape, after?.shape]).toEqual([
      [1, 17, 16],
      [1, 65, 16],
    ])
    expect(after?.data.subarray(0, 16)).toEqual(before?.data.subarray(0, 16))
    expect(weights.get('blocks.1.mlp.fc2.weight')?.data).toEqual(all.get('blocks.1.mlp.fc2.weight')?.data)
  })

  it('replaces both heads of a distilled model by a new one', async () => {
    const weights = await loadInitialWeights(distilled, { ...plain, registerTokens: 1, numClasses: 10 }, 'new')
    expect([...weights.keys()].filter((name) => name.includes('head'))).toEqual([])
    expect(weights.get('reg_token')?.shape).toEqual([1, 1, 16])
  })

  it('names every setting that differs', async () => {
    const failure = loadInitialWeights(published, { ...plain, embedDim: 32, depth: 4, registerTokens: 2 }, 'new')
    await expect(failure).rejects.toMatchObject({
      kind: 'invalid-input',
      field: 'init.checkpoint',
      message: textWith('model.embedDim 16 (not 32), model.depth 2 (not 4), model.registerTokens 0 (not 2)'),
    })
  })

  it('asks for a new head where the classes differ or the old one reads two tokens', async () => {
    await expect(loadInitialWeights(published, { ...plain, numClasses: 5 }, 'keep')).rejects.toMatchObject({
      message: textWith('classes 3 (not 5), which init.head "new" would replace'),
    })
    await expect(loadInitialWeights(distilled, { ...plain, registerTokens: 1 }, 'keep')).rejects.toMatchObject({
      message: textWith('a head that reads distilled (not one token)'),
    })
  })
})

describe('images of another size', () => {
  it('must be whole patches', async () => {
    const checkpoint = await readCheckpoint(published)
    expect(() => forImageSize(checkpoint, 30)).toThrow(
      'patches of 4 pixels, which 30 pixels are no multiple of: choose 32.',
    )
  })

  it('change nothing but the positions', async () => {
    const checkpoint = await readCheckpoint(published)
    const larger = forImageSize(checkpoint, 24)
    expect(larger.sizes).toEqual({ ...checkpoint.sizes, imageSize: 24 })
    const changed = [...larger.weights].filter(([name, weight]) => checkpoint.weights.get(name) !== weight)
    expect(changed.map(([name, { shape }]) => [name, shape])).toEqual([['pos_embed', [1, 37, 16]]])
  })
})
