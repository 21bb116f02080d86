import { describe, expect, it } from 'vitest'
import { trainSchema } from '@shared/config/trainConfig'
import { trainedParameters } from '@engine/train/parameterGroups'
import { balancedClassWeights } from '@engine/train/stepSettings'
import { parameterSpecs } from '@engine/vit/parameters'
import { modelSizes } from '../../support/modelSizes'

const sizes = modelSizes({ embedDim: 8, depth: 3, mlpRatio: 2, numClasses: 5, layerScale: 0.1, registerTokens: 2 })

function groupsFor(train: object, changes: Partial<typeof sizes> = {}) {
  const model = { ...sizes, ...changes }
  const settings = { ...trainSchema.parse(train), sizes: model }
  return new Map(trainedParameters(parameterSpecs(model), settings).map((group) => [group.name, group]))
}

const names = (groups: ReadonlyMap<string, unknown>) => [...groups.keys()]

describe('weight decay', () => {
  const decayed = (optimizer: object) =>
    [...groupsFor({ optimizer: { weightDecay: 0.3, ...optimizer } }).values()].flatMap(({ name, weightDecay }) => {
      expect([0, 0.3]).toContain(weightDecay)
      return weightDecay > 0 ? [name] : []
    })

  it('acts on everything by default', () => {
    expect(decayed({})).toEqual(parameterSpecs(sizes).map(({ name }) => name))
  })

  it('spares norms, biases and branch scales', () => {
    const left = decayed({ decayNormAndBias: false })
    expect(left.filter((name) => /bias|norm|gamma/.test(name))).toEqual([])
    expect(left).toHaveLength(3 + 1 + 3 * 4 + 1)
    expect(left).toContain('pos_embed')
  })

  it('spares tokens and positions', () => {
    const spared = names(groupsFor({})).filter((name) => !decayed({ decayTokens: false }).includes(name))
    expect(spared).toEqual(['cls_token', 'reg_token', 'pos_embed'])
  })
})

describe('layer-wise rates', () => {
  it('fall with the distance from the head', () => {
    const groups = groupsFor({ optimizer: { layerDecay: 0.5 } })
    const scale = (name: string) => groups.get(name)?.rateScale
    expect(['head.weight', 'norm.bias', 'blocks.2.attn.qkv.weight'].map(scale)).toEqual([1, 0.5, 0.5])
    expect(['blocks.1.ls1.gamma', 'blocks.0.mlp.fc2.bias'].map(scale)).toEqual([0.25, 0.125])
    expect(['cls_token', 'reg_token', 'pos_embed', 'patch_embed.proj.bias'].map(scale)).toEqual([
      0.0625, 0.0625, 0.0625, 0.0625,
    ])
  })

  it('keep the norm after mean pooling with the head', () => {
    const groups = groupsFor({ optimizer: { layerDecay: 0.5 } }, { pooling: 'mean' })
    expect(groups.get('fc_norm.weight')?.rateScale).toBe(1)
  })
})

describe('freezing', () => {
  it('leaves only the head', () => {
    expect(names(groupsFor({ freeze: 'all-but-head' }))).toEqual(['head.weight', 'head.bias'])
  })

  it('takes tokens, positions and patch embedding with the first blocks', () => {
    const left = names(groupsFor({ freeze: 'first-blocks', frozenBlocks: 1 }))
    expect(left).toEqual(names(groupsFor({})).filter((name) => /^(blocks\.[12]|norm|head)\./.test(name)))
    expect(names(groupsFor({ freeze: 'first-blocks', frozenBlocks: 9 }))).toEqual([
      'norm.weight',
      'norm.bias',
      'head.weight',
      'head.bias',
    ])
  })
})

describe('balanced class weights', () => {
  it('are inverse to the number of images', () => {
    expect(balancedClassWeights([10, 30, 20])).toEqual([2, 2 / 3, 1])
  })

  it('give a class without images no weight', () => {
    expect(balancedClassWeights([4, 0])).toEqual([0.5, 0])
  })
})
