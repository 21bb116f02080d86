import { describe, expect, test } from 'vitest'
import { runConfigSchema } from '@shared/config/runConfig'
import { settingAt } from '@shared/config/settingPath'
import { expandSweep, type SweepPlan } from '@shared/sweep/expandSweep'
import { sweepProblem, sweepSchema } from '@shared/sweep/sweep'
import { runConfig } from '../../support/records'

const base = runConfig()

function plan(sweep: unknown, config = base): SweepPlan {
  return expandSweep(config, sweepSchema.parse(sweep))
}

function valuesOf({ runs }: SweepPlan, path: string): unknown[] {
  return runs.map(({ config }) => settingAt(config, path))
}

describe('a grid', () => {
  test('has every combination, the first setting slowest, and leaves the rest of the configuration alone', () => {
    const { runs, refused } = plan({ settings: { 'train.optimizer.lr': [1e-3, 1e-4], seed: [1, 2, 3] } })
    expect(refused).toEqual([])
    expect(runs.map(({ config }) => [config.train.optimizer.lr, config.seed])).toEqual([
      [1e-3, 1],
      [1e-3, 2],
      [1e-3, 3],
      [1e-4, 1],
      [1e-4, 2],
      [1e-4, 3],
    ])
    for (const { config } of runs) {
      const { optimizer } = config.train
      const same = { ...config, name: base.name, seed: base.seed }
      same.train = { ...config.train, optimizer: { ...optimizer, lr: base.train.optimizer.lr } }
      expect(same).toEqual(base)
    }
  })

  test('names runs after what differs, and keeps that where the name is too long', () => {
    const settings = { 'train.optimizer.betas.1': [0.95], 'train.optimizer.nesterov': [true, false] }
    expect(plan({ settings }).runs.map(({ config }) => config.name)).toEqual([
      'Shapes · betas.1 0.95 · nesterov on',
      'Shapes · betas.1 0.95 · nesterov off',
    ])
    const [long] = plan({ settings }, runConfig({ name: 'x'.repeat(120) })).runs
    expect(long?.config.name).toMatch(/^x+ · betas\.1 0\.95 · nesterov on$/)
    expect(long?.config.name).toHaveLength(120)
  })

  test('takes ranges in equal steps or equal factors, both ends included', () => {
    const log = { from: 1e-4, to: 1e-2, count: 3, scale: 'log' }
    expect(valuesOf(plan({ settings: { 'train.optimizer.lr': log } }), 'train.optimizer.lr')).toEqual([
      1e-4, 1e-3, 1e-2,
    ])
    const linear = { from: 0, to: 0.3, count: 4 }
    expect(valuesOf(plan({ settings: { 'model.dropout': linear } }), 'model.dropout')).toEqual([0, 0.1, 0.2, 0.3])
  })

  test('rounds ranges of whole numbers, and makes no run twice', () => {
    const range = { from: 1, to: 4, count: 7 }
    expect(valuesOf(plan({ settings: { 'model.depth': range } }), 'model.depth')).toEqual([1, 2, 3, 4])
    expect(plan({ settings: { seed: [1, 1, 2] } }).runs).toHaveLength(2)
  })

  test('gives a preset its own sizes, but for those that vary too', () => {
    const { runs, refused } = plan({ settings: { 'model.preset': ['Ti/16', 'S/16'], 'model.depth': [2] } })
    expect(refused).toEqual([])
    expect(runs.map(({ config }) => config.model)).toMatchObject([
      { preset: 'Ti/16', depth: 2 },
      { preset: 'S/16', depth: 2 },
    ])
    expect(runs[0]?.config.model.embedDim).toBeUndefined()
  })

  test('lists combinations that can not be trained with the reason', () => {
    const { runs, refused } = plan({ settings: { 'model.numHeads': [4, 5], 'train.ema.decay': [0.9] } })
    expect(runs).toEqual([])
    expect(refused).toHaveLength(2)
    expect(refused[0]?.problems[0]?.field).toBe('train.ema.decay')

    const heads = plan({ settings: { 'model.numHeads': [4, 5] } })
    expect(heads.runs).toHaveLength(1)
    expect(heads.refused).toMatchObject([
      { values: [{ path: 'model.numHeads', value: 5 }], problems: [{ field: 'model.numHeads' }] },
    ])
    expect(plan({ settings: { 'train.opimizer': [1] } }).refused).toMatchObject([
      { problems: [{ field: 'train.opimizer', message: 'is not a known setting' }] },
    ])
  })

  test('is checked against the dataset where that is known', () => {
    const facts = () => ({ imageSize: 64, numClasses: 4, trainCount: 10, valCount: 0 })
    const sweep = sweepSchema.parse({ settings: { 'data.imageSize': [64, 128] } })
    const { runs, refused } = expandSweep(base, sweep, { facts })
    expect(runs).toHaveLength(1)
    expect(refused).toMatchObject([{ problems: [{ field: 'data.imageSize' }] }])
  })

  test('of more runs than the queue takes is refused with their number', () => {
    const many = { from: 0, to: 99_999, count: 200 }
    expect(() => plan({ settings: { seed: many, 'train.optimizer.lr': [1, 2, 3, 4, 5, 6] } })).toThrow(/1200 runs/)
  })
})

describe('random samples', () => {
  const sweep = {
    settings: {
      'train.optimizer.lr': { from: 1e-4, to: 1e-2, scale: 'log' },
      'train.epochs': { from: 3, to: 9 },
      'train.optimizer.name': ['adamw', 'sgd'],
    },
    samples: 200,
  }

  test('are the same for the same seed and others for another', () => {
    expect(plan(sweep)).toEqual(plan(sweep))
    expect(plan({ ...sweep, seed: 7 })).not.toEqual(plan(sweep))
  })

  test('lie between the ends, evenly by the scale, with whole numbers where they must be', () => {
    const { runs, refused } = plan(sweep)
    expect(refused).toEqual([])
    expect(runs).toHaveLength(200)
    const rates = runs.map(({ config }) => config.train.optimizer.lr)
    expect(Math.min(...rates)).toBeGreaterThanOrEqual(1e-4)
    expect(Math.max(...rates)).toBeLessThanOrEqual(1e-2)
    // Half of them lie below the geometric mean, where drawing evenly would put a tenth.
    const low = rates.filter((rate) => rate < 1e-3).length
    expect(low).toBeGreaterThan(70)
    expect(low).toBeLessThan(130)
    expect(new Set(runs.map(({ config }) => config.train.epochs))).toEqual(new Set([3, 4, 5, 6, 7, 8, 9]))
    expect(new Set(runs.map(({ config }) => config.train.optimizer.name))).toEqual(new Set(['adamw', 'sgd']))
  })

  test('are not made twice, so that lists may give fewer', () => {
    expect(plan({ settings: { seed: [1, 2, 3] }, samples: 50 }).runs).toHaveLength(3)
  })
})

describe('a sweep', () => {
  test.each([
    [{ settings: {} }, '"settings" must name at least one setting.'],
    [{ settings: { seed: [] } }, '"settings.seed" must name at least one value.'],
    [{ settings: { seed: 3 } }, '"settings.seed" must be a list of values, or a range with "from" and "to".'],
    [
      { settings: { 'model.dropout': { from: 0, to: 1, scale: 'log' } } },
      '"settings.model.dropout.from" must be above 0 where values are multiplied.',
    ],
    [{ settings: { 'model.dropout': { from: 1, to: 1 } } }, '"settings.model.dropout.to" must be more than the start.'],
    [{ settings: { seed: [1] }, samples: 0 }, '"samples" must be at least 1.'],
  ])('that makes no sense is refused at its place: %j', (sweep, sentence) => {
    const { error } = sweepSchema.safeParse(sweep)
    expect(error === undefined ? null : sweepProblem(error)).toBe(sentence)
  })

  test('leaves the configuration that it starts from as it is', () => {
    const before = structuredClone(base)
    plan({ settings: { 'train.optimizer.betas.0': [0.5] } })
    expect(base).toEqual(before)
    expect(runConfigSchema.safeParse(base).success).toBe(true)
  })
})
