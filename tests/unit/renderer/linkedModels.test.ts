import { describe, expect, it } from 'vitest'
import type { MapRecipe } from '@shared/contract/mapRecipe'
import {
  differenceMap,
  linkedQuery,
  linkedRecipe,
  missingForRecipe,
  symmetricRange,
} from '../../../src/renderer/maps/linkedModels'
import { recipeMeaning } from '../../../src/renderer/maps/recipeMeaning'
import { patchMap } from '../../../src/renderer/maps/tokenMaps'
import { modelSizes } from '../../support/modelSizes'

const sizes = modelSizes({ imageSize: 32, patchSize: 8, embedDim: 16, depth: 2, numHeads: 2, numClasses: 3 })
const recipe: MapRecipe = {
  method: 'attention',
  layer: 1,
  fusion: 'mean',
  residual: true,
  discard: 0,
  classIndex: null,
}

describe('the token of another model', () => {
  it('is at the same place of the image, whatever stands before the patches and however many there are', () => {
    const finer = { ...sizes, patchSize: 4, registerTokens: 4 }
    // Row 2, column 3 of 4 × 4: its centre lies in row 5, column 7 of 8 × 8.
    expect(linkedQuery(1 + 2 * 4 + 3, sizes, finer)).toBe(5 + 5 * 8 + 7)
    expect(linkedQuery(5 + 5 * 8 + 7, finer, sizes)).toBe(1 + 2 * 4 + 3)
  })

  it('is the class token for the class token, and nothing where there is none', () => {
    const pooled = { ...sizes, pooling: 'mean' as const }
    expect(linkedQuery(0, sizes, { ...sizes, registerTokens: 4 })).toBe(0)
    expect(linkedQuery(0, sizes, pooled)).toBeNull()
    expect(linkedQuery(0, { ...pooled, registerTokens: 2 }, { ...pooled, registerTokens: 1 })).toBe(0)
    expect(linkedQuery(2, { ...sizes, registerTokens: 2 }, sizes)).toBeNull()
  })
})

it('follows a class by its name', () => {
  const first = { sizes, classes: ['cat', 'dog', 'owl'] }
  const second = { sizes, classes: ['owl', 'cat'] }
  expect(linkedRecipe({ ...recipe, classIndex: 2 }, first, second).classIndex).toBe(0)
  expect(linkedRecipe({ ...recipe, classIndex: 1 }, first, second).classIndex).toBeNull()
  expect(linkedRecipe(recipe, first, second)).toEqual(recipe)
})

it('says what the other model lacks, and only where the method needs it', () => {
  const small = { sizes: { ...sizes, depth: 1, numHeads: 1 }, classes: [] }
  expect(missingForRecipe(recipe, small)).toContain('no layer 2')
  expect(missingForRecipe({ ...recipe, method: 'rollout' }, small)).toBeNull()
  expect(missingForRecipe({ ...recipe, method: 'rollout', fusion: 1 }, small)).toContain('no head 2')
  expect(missingForRecipe({ ...recipe, layer: 0, fusion: 0 }, small)).toBeNull()
})

describe('the difference of two maps', () => {
  const first = patchMap(Float32Array.of(0.5, 0.25, 0.25, 0, 0), 1)
  const second = patchMap(Float32Array.of(0.25, 0, 0.25, 0.25, 0.25), 1)

  it('is the second less the first, with zero in the middle of its range', () => {
    const difference = differenceMap(first, second)
    expect(Array.from(difference?.values ?? [])).toEqual([-0.25, 0, 0.25, 0.25])
    expect(difference?.prefixSum).toBe(-0.25)
    expect(symmetricRange(Float32Array.of(-0.5, 0.25))).toEqual({ low: -0.5, high: 0.5 })
    expect(symmetricRange(new Float32Array())).toEqual({ low: -0, high: 0 })
  })

  it('does not exist between different numbers of patches', () => {
    expect(differenceMap(first, patchMap(new Float32Array(10), 1))).toBeNull()
  })
})

it('sees the same map in recipes that differ only in what the method does not use', () => {
  expect(recipeMeaning({ ...recipe, residual: false })).toBe(recipeMeaning(recipe))
  expect(recipeMeaning({ ...recipe, layer: 0 })).not.toBe(recipeMeaning(recipe))
  const flow = { ...recipe, method: 'flow' as const }
  expect(recipeMeaning({ ...flow, layer: 0 })).toBe(recipeMeaning(flow))
  expect(recipeMeaning({ ...flow, discard: 0.5 })).not.toBe(recipeMeaning(flow))
  expect(recipeMeaning(flow)).not.toBe(recipeMeaning({ ...flow, method: 'rollout' }))
})
