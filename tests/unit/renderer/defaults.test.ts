import { describe, expect, it } from 'vitest'
import { defaultConfig } from '@shared/config/defaults'
import { checkAgainstDataset, parseRunConfig } from '@shared/config/runConfig'
import type { DatasetManifest } from '@shared/contract/records'
import { configOf, draftOf, shownSizes, suggestedName, withPreset } from '../../../src/renderer/stores/trainDraft'
import { factsOf } from '../../../src/renderer/stores/trainForm'

function manifest(imageSize: number, valCount = 20): DatasetManifest {
  return {
    format: 1,
    name: 'made',
    source: 'made',
    createdAt: '2026-01-01T00:00:00Z',
    imageSize,
    classes: ['a', 'b'],
    trainCount: 80,
    valCount,
    classCounts: { train: [40, 40], val: [valCount / 2, valCount / 2] },
    statistics: { mean: [0.5, 0.5, 0.5], std: [0.2, 0.2, 0.2] },
    skipped: [],
    hasMasks: false,
  }
}

function parsed(dataset: string, of: DatasetManifest | null) {
  const result = parseRunConfig(defaultConfig(dataset, of))
  if (!result.ok) throw new Error(JSON.stringify(result.problems))
  return result.config
}

describe('defaultConfig', () => {
  it.each([
    ['sample:shapes', 64],
    ['sample:digits', 32],
  ])('suits %s, before it is made and after', (dataset, side) => {
    expect(parsed(dataset, null).data.imageSize).toBe(side)
    expect(checkAgainstDataset(parsed(dataset, manifest(side)), factsOf(manifest(side)))).toEqual([])
  })

  it.each([5, 8, 28, 32, 37, 64, 97, 100, 160, 223, 224, 256, 512, 1024])(
    'suits a prepared dataset of %d px, with and without validation images',
    (side) => {
      for (const valCount of [20, 0]) {
        const of = manifest(side, valCount)
        expect(checkAgainstDataset(parsed('/data/made', of), factsOf(of))).toEqual([])
      }
    },
  )

  it('takes ViT-S/32 at 224 px where the images are that large', () => {
    const config = parsed('/data/made', manifest(256))
    expect(config.model.preset).toBe('S/32')
    expect(config.data.imageSize).toBe(224)
    expect(config.train.earlyStopping).toMatchObject({ monitor: 'val_loss', patience: 5 })
  })
})

describe('the form’s draft', () => {
  it('gives back the configuration that it was made of', () => {
    for (const dataset of ['sample:shapes', 'sample:digits', '/data/made']) {
      const config = parsed(dataset, manifest(256))
      expect(parseRunConfig(configOf(draftOf(config)))).toEqual({ ok: true, config })
    }
  })

  it('names the field of an empty and of a wrong number', () => {
    const draft = draftOf(parsed('sample:shapes', null))
    draft.train.epochs = null
    draft.train.optimizer.lr = Number.NaN
    draft.model.numHeads = 3
    const problems = () => {
      const result = parseRunConfig(configOf(draft))
      return result.ok ? [] : result.problems.map((problem) => problem.field)
    }
    expect(problems()).toEqual(['train.epochs', 'train.optimizer.lr'])
    draft.train.epochs = 3
    draft.train.optimizer.lr = 1e-3
    expect(problems()).toEqual(['model.numHeads'])
  })

  it('names a run after its dataset and its model', () => {
    const draft = draftOf(parsed('sample:shapes', null))
    expect(suggestedName(draft, 'Shapes')).toBe('Shapes d64 L4 p8')
    const preset = withPreset(draft, 'S/32')
    expect(suggestedName(preset, 'imagenette')).toBe('imagenette ViT-S/32')
    expect(suggestedName({ ...preset, model: { ...preset.model, depth: 6 } }, 'x')).toBe('x d384 L6 p32')
  })

  it('takes a preset’s sizes, and starts own sizes from them', () => {
    const draft = withPreset(draftOf(parsed('sample:shapes', null)), 'B/16')
    expect(shownSizes(draft)).toEqual({ patchSize: 16, embedDim: 768, depth: 12, numHeads: 12, mlpRatio: 4 })
    expect(draft.model).toMatchObject({ preset: 'B/16', patchSize: null, depth: null })
    expect(parseRunConfig(configOf(draft))).toMatchObject({ ok: true, config: { model: { preset: 'B/16' } } })
    expect(withPreset(draft, null).model).toMatchObject({ preset: null, patchSize: 16, embedDim: 768, depth: 12 })
  })
})
