import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { normKinds, normPlaces, poolings, positionKinds } from '@shared/config/modelConfig'
import { elementCount } from '@shared/elementCount'
import { countParameters, forwardFlops, patchCount, prefixTokenCount, tokenCount } from '@shared/model/size'
import { parameterSpecs } from '@engine/vit/parameters'
import { modelSizes } from '../../support/modelSizes'

const someSizes = fc
  .record({
    norm: fc.constantFrom(...normKinds),
    normPlace: fc.constantFrom(...normPlaces),
    positions: fc.constantFrom(...positionKinds),
    pooling: fc.constantFrom(...poolings),
    qkvBias: fc.boolean(),
    layerScale: fc.constantFrom(null, 1e-5, 0.1),
    registerTokens: fc.integer({ min: 0, max: 5 }),
    depth: fc.integer({ min: 1, max: 3 }),
    embedDim: fc.constantFrom(8, 12),
    numHeads: fc.constantFrom(1, 2),
    mlpRatio: fc.constantFrom(2, 2.5, 4),
    numClasses: fc.integer({ min: 2, max: 7 }),
  })
  .map(modelSizes)

describe('a model of any architecture', () => {
  it('has as many parameters as its tensors have values', () => {
    fc.assert(
      fc.property(someSizes, (sizes) => {
        const values = parameterSpecs(sizes).reduce((sum, { shape }) => sum + elementCount(shape), 0)
        expect(countParameters(sizes)).toBe(values)
      }),
    )
  })

  it('does two operations per image for every weight of a matrix and token that passes it', () => {
    fc.assert(
      fc.property(someSizes, (sizes) => {
        const matrices = parameterSpecs(sizes).filter(({ shape, name }) => shape.length > 1 && name.endsWith('weight'))
        const passing = (name: string) =>
          name.startsWith('blocks.') ? tokenCount(sizes) : name.startsWith('head.') ? 1 : patchCount(sizes)
        const products = matrices.reduce((sum, { name, shape }) => sum + 2 * passing(name) * elementCount(shape), 0)
        const attention = sizes.depth * 4 * tokenCount(sizes) ** 2 * sizes.embedDim
        expect(forwardFlops(sizes)).toBe(products + attention)
      }),
    )
  })

  it('names no parameter twice', () => {
    fc.assert(
      fc.property(someSizes, (sizes) => {
        const names = parameterSpecs(sizes).map(({ name }) => name)
        expect(new Set(names).size).toBe(names.length)
      }),
    )
  })
})

describe('tokens', () => {
  it('are the class token, the registers and the patches', () => {
    const prefix = (changes: Parameters<typeof modelSizes>[0]) => prefixTokenCount(modelSizes(changes))
    expect([prefix({}), prefix({ registerTokens: 4 })]).toEqual([1, 5])
    expect([prefix({ pooling: 'mean' }), prefix({ pooling: 'mean', registerTokens: 4 })]).toEqual([0, 4])
    expect(tokenCount(modelSizes({ registerTokens: 4 }))).toBe(21)
  })
})

it('ViT-B/16 has the 86,567,656 parameters of the published model', () => {
  const sizes = modelSizes({
    imageSize: 224,
    patchSize: 16,
    embedDim: 768,
    depth: 12,
    numHeads: 12,
    numClasses: 1000,
  })
  expect(countParameters(sizes)).toBe(86_567_656)
})
