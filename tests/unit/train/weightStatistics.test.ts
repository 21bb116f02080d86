import { expect, it } from 'vitest'
import { weightGroups } from '@shared/contract/records'
import { updateRatios, weightGroupOf, weightNorm } from '@engine/train/weightStatistics'
import { parameterSpecs, type Weights } from '@engine/vit/parameters'
import { modelSizes } from '../../support/modelSizes'

const sizes = modelSizes({ imageSize: 8, embedDim: 4, mlpRatio: 2, layerScale: 0.1, registerTokens: 2 })

function weights(values: Record<string, number[]>): Weights {
  return new Map(
    Object.entries(values).map(([name, data]) => [name, { shape: [data.length], data: Float32Array.from(data) }]),
  )
}

it('every parameter has its group, and every group some parameter', () => {
  const groups = parameterSpecs(sizes).map(({ name }) => [name, weightGroupOf(name)] as const)
  expect(new Set(groups.map(([, group]) => group))).toEqual(new Set(weightGroups))
  const named = new Map(groups)
  expect(named.get('reg_token')).toBe('tokens')
  expect(named.get('blocks.1.attn.qkv.bias')).toBe('attention')
  expect(named.get('blocks.1.mlp.fc2.weight')).toBe('mlp')
  expect(named.get('blocks.0.ls1.gamma')).toBe('norms')
  expect(named.get('norm.weight')).toBe('norms')
})

it('compares the change of a group with its size before', () => {
  const before = weights({ 'head.weight': [3, 0], 'head.bias': [4], pos_embed: [0] })
  const after = weights({ 'head.weight': [3, 0.3], 'head.bias': [4.4], pos_embed: [1] })
  expect(weightNorm(before)).toBe(5)
  const ratios = updateRatios(before, after)
  expect(Object.keys(ratios)).toEqual(['head'])
  expect(ratios.head).toBeCloseTo(0.1, 6)
})
