import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { plainArchitecture, type VitSizes } from '@shared/config/modelConfig'
import { presetSizes } from '@shared/config/modelPresets'
import { fittingBatch, memoryProblem } from '@shared/model/fitting'
import { trainingMemoryBytes } from '@shared/model/memory'

const sizes: VitSizes = {
  ...presetSizes('S/16'),
  imageSize: 224,
  channels: 3,
  numClasses: 10,
  dropout: 0,
  attentionDropout: 0,
  dropPath: 0,
  ...plainArchitecture,
}

describe('a batch that fits', () => {
  it('is the wished one where that fits, and nothing where no image does', () => {
    expect(fittingBatch(sizes, 64, trainingMemoryBytes(sizes, 64))).toEqual({ batchSize: 64, parts: 1 })
    expect(fittingBatch(sizes, 64, trainingMemoryBytes(sizes, 1) - 1)).toBeNull()
  })

  it('divides the wished one where a divisor is near', () => {
    expect(fittingBatch(sizes, 256, trainingMemoryBytes(sizes, 100))).toEqual({ batchSize: 64, parts: 4 })
    expect(fittingBatch(sizes, 127, trainingMemoryBytes(sizes, 50))).toEqual({ batchSize: 43, parts: 3 })
  })

  it('fits, and its parts make up the wished one with less than one image too many each', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 512 }), fc.integer({ min: 1, max: 512 }), (wished, room) => {
        const available = trainingMemoryBytes(sizes, room)
        const offer = fittingBatch(sizes, wished, available)
        if (offer === null) return false
        const { batchSize, parts } = offer
        return (
          trainingMemoryBytes(sizes, batchSize) <= available &&
          batchSize * parts >= wished &&
          (batchSize - 1) * parts < wished
        )
      }),
    )
  })
})

describe('the sentence about memory', () => {
  const available = trainingMemoryBytes(sizes, 32)

  it('is not said where the run fits', () => {
    expect(memoryProblem(sizes, { batchSize: 32, gradAccumulation: 1 }, available)).toBeNull()
  })

  it('offers a batch size with accumulation, on top of what there is', () => {
    const sentence = memoryProblem(sizes, { batchSize: 128, gradAccumulation: 2 }, available)
    expect(sentence).toContain('a batch size of 32 with 8 batches to a step')
    expect(sentence).toMatch(/needs about \d+\.\d GiB .* batches of 128, and \d+\.\d GiB are free/)
  })

  it('says so where not even one image fits', () => {
    expect(memoryProblem(sizes, { batchSize: 4, gradAccumulation: 1 }, 1e6)).toContain('a smaller model or image')
  })
})
