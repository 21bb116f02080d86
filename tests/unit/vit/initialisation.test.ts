import { describe, expect, it } from 'vitest'
import { SeededRandom } from '@shared/random'
import { initialWeights } from '@engine/vit/initialisation'
import { modelSizes } from '../../support/modelSizes'

const sizes = modelSizes({ embedDim: 64, numHeads: 4, depth: 16, registerTokens: 2, layerScale: 1e-4 })

function weightsOf(initialisation: 'default' | 't-fixup') {
  const weights = initialWeights(sizes, new SeededRandom(1), initialisation)
  return (name: string): Float32Array => {
    const weight = weights.get(name)
    if (weight === undefined) throw new Error(`no ${name}`)
    return weight.data
  }
}

function largest(values: Float32Array): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
}

function deviation(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length)
}

/** Thousands of uniform values come within 1 % of their bound and never beyond it. */
function expectUniform(values: Float32Array, bound: number) {
  expect(largest(values)).toBeLessThanOrEqual(bound * (1 + 1e-6))
  expect(largest(values)).toBeGreaterThan(0.99 * bound)
  expect(deviation(values) / (bound / Math.sqrt(3))).toBeCloseTo(1, 1)
}

describe('default initialisation', () => {
  const valuesOf = weightsOf('default')

  it('draws attention and MLP as the tutorial does', () => {
    expectUniform(valuesOf('blocks.3.attn.qkv.weight'), Math.sqrt(6 / (64 + 192)))
    expectUniform(valuesOf('blocks.3.mlp.fc1.weight'), Math.sqrt(6 / (64 + 256)))
    expectUniform(valuesOf('blocks.3.attn.proj.weight'), 1 / 8)
    expect(deviation(valuesOf('pos_embed')) / 0.02).toBeCloseTo(1, 1)
    expect(deviation(valuesOf('patch_embed.proj.weight')) / Math.sqrt(1 / 48)).toBeCloseTo(1, 1)
  })

  it('starts norms as the identity and LayerScale at its value', () => {
    expect(new Set(valuesOf('blocks.0.norm1.weight'))).toEqual(new Set([1]))
    expect(new Set(valuesOf('norm.bias'))).toEqual(new Set([0]))
    expect(new Set(valuesOf('blocks.15.ls2.gamma'))).toEqual(new Set([Math.fround(1e-4)]))
  })
})

describe('T-Fixup', () => {
  const valuesOf = weightsOf('t-fixup')
  /** 0.67 · 16^(−1/4) */
  const factor = 0.335

  it('scales values, output projections and MLPs, but not queries and keys', () => {
    const qkv = valuesOf('blocks.7.attn.qkv.weight')
    const third = qkv.length / 3
    const xavier = Math.sqrt(6 / 128)
    expectUniform(qkv.subarray(0, 2 * third), xavier)
    expectUniform(qkv.subarray(2 * third), factor * xavier)
    expectUniform(valuesOf('blocks.7.attn.proj.weight'), factor * xavier)
    expectUniform(valuesOf('blocks.7.mlp.fc1.weight'), factor * Math.sqrt(6 / 320))
    expectUniform(valuesOf('blocks.7.mlp.fc2.weight'), factor * Math.sqrt(6 / 320))
  })

  it('scales the embeddings', () => {
    expectUniform(valuesOf('patch_embed.proj.weight'), factor * Math.sqrt(6 / (48 + 64)))
    expect(deviation(valuesOf('pos_embed')) / (factor / 8)).toBeCloseTo(1, 1)
    expect(deviation(valuesOf('reg_token')) / (factor / 8)).toBeGreaterThan(0.8)
  })

  it('starts every bias at zero', () => {
    const weights = initialWeights(sizes, new SeededRandom(1), 't-fixup')
    for (const [name, { data }] of weights) if (name.endsWith('.bias')) expect(largest(data), name).toBe(0)
  })
})

it('the same generator gives the same weights', () => {
  const draw = () => initialWeights(sizes, new SeededRandom(9)).get('head.weight')?.data
  expect(draw()).toEqual(draw())
})
