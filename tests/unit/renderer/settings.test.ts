import fc from 'fast-check'
import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it } from 'vitest'
import { augmentPresets, recipeOf } from '@shared/config/augmentPresets'
import { augmentOperationNames } from '@shared/config/augmentRecipe'
import { presetNames } from '@shared/config/modelPresets'
import { runConfigSchema } from '@shared/config/runConfig'
import { changeSetting, settingAt } from '../../../src/renderer/settings/draftPath'
import type { Setting } from '../../../src/renderer/settings/setting'
import {
  applies,
  problemSentence,
  settingGroups,
  settingWords,
  unusualWords,
} from '../../../src/renderer/settings/settingGroups'
import { configOf, draftOf } from '../../../src/renderer/stores/trainDraft'
import { useTrainForm } from '../../../src/renderer/stores/trainForm'
import { runConfig } from '../../support/records'
import { leafPaths, valuesOf } from '../../support/schemaValues'

const settings: Setting[] = settingGroups.flatMap((group) => [...group.settings])

function setting(path: string): Setting {
  const found = settings.find((candidate) => candidate.path === path)
  if (found === undefined) throw new RangeError(`no setting at ${path}`)
  return found
}

const anyConfig = valuesOf(runConfigSchema, {
  'model.preset': fc.constantFrom(...presetNames),
  'data.augment': fc.oneof(
    fc.constantFrom(...augmentPresets),
    fc.constantFrom(...augmentPresets).map(recipeOf),
    fc.array(fc.constantFrom(...augmentOperationNames), { maxLength: 4 }).map((names) => ({
      operations: names.map((op) => ({ op })),
    })),
  ),
})

describe('the form’s draft', () => {
  it('gives back every configuration that the schema allows', () => {
    fc.assert(
      fc.property(anyConfig, (config) => {
        expect(runConfigSchema.parse(configOf(draftOf(config)))).toEqual(config)
      }),
      { numRuns: 300 },
    )
  })

  it('is a copy: changing it leaves the configuration as it was', () => {
    const config = runConfig()
    const draft = draftOf(config)
    changeSetting(draft, 'train.optimizer.betas.0', 0.5)
    expect(config.train.optimizer.betas[0]).toBe(0.9)
    expect(draft.train.optimizer.betas[0]).toBe(0.5)
  })
})

describe('the tables of settings', () => {
  it('hold every value of a configuration once, besides the name', () => {
    const values = leafPaths(runConfigSchema).filter((path) => path !== 'name')
    const shown = settings.filter(({ kind }) => kind !== 'section').map(({ path }) => path)
    expect(shown.toSorted()).toEqual(values.toSorted())
  })

  it('have a label and one sentence of help for each', () => {
    expect(new Set(settings.map(({ label }) => label)).size).toBe(settings.length)
    for (const { help } of settings) expect(help).toMatch(/^[^.]+(\d\.\d+[^.]*|[^.])*\.$/)
  })

  it('say in words whatever a configuration holds', () => {
    fc.assert(
      fc.property(anyConfig, (config) => {
        const draft = draftOf(config)
        for (const group of settingGroups) expect(group.summary(draft, 'Shapes')).not.toMatch(/undefined|null|NaN/)
        for (const shown of settings.filter((candidate) => applies(candidate, draft))) {
          expect(settingWords(shown, draft)).not.toMatch(/undefined|null|NaN/)
        }
      }),
      { numRuns: 50 },
    )
  })
})

describe('what applies', () => {
  const shownWith = (train: Parameters<typeof runConfig>[0]) => {
    const draft = draftOf(runConfig(train))
    return new Set(settings.filter((candidate) => applies(candidate, draft)).map(({ path }) => path))
  }

  it('asks SGD for momentum and the others for betas', () => {
    const sgd = shownWith({ train: { optimizer: { name: 'sgd' } } })
    const adam = shownWith({ train: { optimizer: { name: 'adam' } } })
    expect([sgd.has('train.optimizer.momentum'), sgd.has('train.optimizer.betas.0')]).toEqual([true, false])
    expect([adam.has('train.optimizer.momentum'), adam.has('train.optimizer.betas.0')]).toEqual([false, true])
  })

  it('asks for the factor with steps only, and for no warm-up with a constant rate', () => {
    const stepped = shownWith({ train: { schedule: { name: 'step' } } })
    const constant = shownWith({ train: { schedule: { name: 'constant' } } })
    expect([stepped.has('train.schedule.gamma'), stepped.has('train.schedule.minLr')]).toEqual([true, false])
    expect([...constant].filter((path) => path.startsWith('train.schedule'))).toEqual(['train.schedule.name'])
  })

  it('hides what is inside a part that is off', () => {
    expect(shownWith({}).has('train.ema.decay')).toBe(false)
    expect(shownWith({ train: { ema: {} } }).has('train.ema.decay')).toBe(true)
    expect(shownWith({}).has('data.normalize.mean.0')).toBe(false)
  })
})

describe('words', () => {
  it('name only those settings that are not as usual', () => {
    const advanced = settings.filter((candidate) => candidate.advanced === true)
    expect(unusualWords(advanced, draftOf(runConfig()))).toBe('')
    const draft = draftOf(runConfig({ train: { ema: {}, clipGradNorm: 1, optimizer: { betas: [0.9, 0.99] } } }))
    expect(unusualWords(advanced, draft)).toBe('Clip gradient 1 · β₂ 0.99 · Average weights on')
  })

  it('tell a problem with the label that the form shows', () => {
    expect(problemSentence('model.numHeads', 'must divide the width')).toBe('Heads must divide the width.')
    expect(problemSentence('model.colour', 'is not a known setting')).toBe('model.colour is not a known setting.')
  })
})

describe('the form', () => {
  beforeEach(() => setActivePinia(createPinia()))

  it('resets one group to what suits the dataset, and takes that back', () => {
    const form = useTrainForm()
    const before = JSON.stringify(form.draft)
    const { lr } = form.draft.train.optimizer
    form.draft.train.optimizer.lr = 3
    form.draft.train.optimizer.betas[0] = 0.1
    form.draft.model.dropout = 0.4
    const optimiser = settingGroups.find(({ title }) => title === 'Optimiser')
    form.reset(optimiser?.settings ?? [])
    expect(form.draft.train.optimizer).toMatchObject({ lr, betas: [0.9, 0.999] })
    expect(form.draft.model.dropout).toBe(0.4)
    form.undoReset()
    expect(form.draft.train.optimizer).toMatchObject({ lr: 3, betas: [0.1, 0.999] })
    form.reset(settings)
    expect(JSON.stringify(form.draft)).toBe(before)
  })

  it('shows a setting without effect when it is what is wrong', () => {
    const form = useTrainForm()
    expect(form.isShown(setting('train.optimizer.momentum'))).toBe(false)
    form.draft.train.optimizer.momentum = 2
    expect(form.isShown(setting('train.optimizer.momentum'))).toBe(true)
    expect(form.problems.get('train.optimizer.momentum')).toBe('must be below 1')
  })

  it('takes a model of another page', () => {
    const form = useTrainForm()
    const sizes = { patchSize: 4, embedDim: 96, depth: 3, numHeads: 3, mlpRatio: 2 }
    form.takeModel({ preset: null, imageSize: 32, ...sizes })
    expect(form.checked).toMatchObject({ ok: true, config: { model: sizes, data: { imageSize: 32 } } })
    expect(settingAt(form.draft, 'model.preset')).toBeNull()
  })
})
