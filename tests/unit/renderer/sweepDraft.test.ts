import { describe, expect, test } from 'vitest'
import { expandSweep } from '@shared/sweep/expandSweep'
import { vitSizes } from '@shared/config/runConfig'
import type { RunSummary } from '@shared/contract/records'
import { movedTo } from '../../../src/renderer/stores/queue'
import {
  checkSweep,
  labelInName,
  newAxis,
  sweepTime,
  sweptSettings,
  valuesWords,
  type AxisDraft,
  type SweepDraft,
} from '../../../src/renderer/stores/sweepDraft'
import { draftOf } from '../../../src/renderer/stores/trainDraft'
import { epochMetrics, runConfig, runRecord } from '../../support/records'

const base = runConfig()
const form = draftOf(base)

function sweep(axes: AxisDraft[], rest: Partial<SweepDraft> = {}) {
  return checkSweep({ axes, method: 'grid', samples: 10, seed: 1, ...rest }, form)
}

function axis(path: string, changes: Partial<AxisDraft> = {}): AxisDraft {
  return { ...newAxis(1, path, form), ...changes }
}

describe('settings that a sweep can vary', () => {
  const paths = sweptSettings(form).flatMap(({ settings }) => settings.map(({ path }) => path))

  test('are those that have an effect', () => {
    expect(paths).toContain('train.optimizer.lr')
    expect(paths).toContain('seed')
    expect(paths).not.toContain('train.optimizer.momentum')
    expect(paths).not.toContain('train.ema')
    expect(paths).not.toContain('train.ema.decay')
  })

  test('start with the value that the form has', () => {
    expect(newAxis(1, 'train.optimizer.lr', form)).toMatchObject({ values: 'list', typed: '1e-4' })
    expect(newAxis(1, 'model.qkvBias', form).chosen).toEqual(['true', 'false'])
    expect(newAxis(1, 'train.optimizer.name', form).chosen).toEqual(['adamw'])
  })
})

describe('a sweep as it is typed', () => {
  test('is read with commas, spaces and words for what is off', () => {
    expect(sweep([axis('train.optimizer.lr', { typed: '1e-4, 3e-4 0.001' })])).toMatchObject({
      ok: true,
      sweep: { settings: { 'train.optimizer.lr': [1e-4, 3e-4, 1e-3] }, samples: null },
    })
    expect(sweep([axis('train.clipGradNorm', { typed: 'off, 1' })])).toMatchObject({
      sweep: { settings: { 'train.clipGradNorm': [null, 1] } },
    })
    expect(sweep([axis('model.qkvBias')])).toMatchObject({ sweep: { settings: { 'model.qkvBias': [true, false] } } })
  })

  test.each([
    [{ typed: '' }, 'values', 'must be at least one value'],
    [{ typed: '1, two' }, 'values', '“two” is no number'],
    [{ values: 'range', range: { from: null, to: 1, count: 3, scale: 'linear' } }, 'from', 'must be a number'],
    [{ values: 'range', range: { from: 2, to: 1, count: 3, scale: 'linear' } }, 'to', 'must be more than the start'],
    [{ values: 'range', range: { from: 0, to: 1, count: 3, scale: 'log' } }, 'from', 'must be above 0'],
    [{ values: 'range', range: { from: 0, to: 1, count: 1, scale: 'linear' } }, 'count', 'must be at least 2'],
  ] as const)('says at its place what is wrong: %j', (changes, part, message) => {
    const checked = sweep([axis('train.optimizer.lr', changes)])
    expect(checked.ok).toBe(false)
    const problem = checked.ok ? undefined : checked.axes.get(1)
    expect(problem?.part).toBe(part)
    expect(problem?.message).toContain(message)
  })

  test('needs a number of draws only where it draws', () => {
    expect(sweep([axis('seed')], { samples: 0 })).toMatchObject({ ok: true })
    expect(sweep([axis('seed')], { method: 'random', samples: 0 })).toMatchObject({
      ok: false,
      samples: 'must be at least 1',
    })
    expect(sweep([axis('seed')], { method: 'random', samples: 3 })).toMatchObject({ sweep: { samples: 3, seed: 1 } })
  })
})

test('runs are told apart in words', () => {
  const values = [
    { path: 'train.optimizer.lr', value: 1e-4 },
    { path: 'train.optimizer.name', value: 'sgd' },
    { path: 'model.qkvBias', value: false },
    { path: 'train.clipGradNorm', value: null },
  ]
  expect(valuesWords(values)).toBe('Learning rate 1e-4 · Optimiser SGD · QKV bias off · Clip gradient empty')
  expect(labelInName('train.optimizer.lr')).toBe('learning rate')
  expect(labelInName('model.mlpRatio')).toBe('MLP ratio')
  expect(labelInName('train.unknown')).toBe('train.unknown')
})

test('the time of a sweep is the sum of its runs’, as far as their pace is known', () => {
  const facts = { imageSize: 64, numClasses: 2, trainCount: 6, valCount: 2 }
  const record = runRecord({ config: base, sizes: vitSizes(base, facts) })
  const done: RunSummary = { record, folder: '/runs/done', lastEpoch: epochMetrics(1), checkpoints: [] }
  const settings = { 'train.epochs': [4, 8], 'model.depth': [base.model.depth ?? 2, 7] }
  const plan = expandSweep(base, { settings, samples: null, seed: 1 })
  const time = sweepTime(plan, () => facts, [done])
  expect(plan.runs).toHaveLength(4)
  // Runs of depth 7 have no pace; the others have 4 and 8 epochs of a second each.
  expect(time?.unknown).toBe(2)
  expect(time?.seconds).toBeCloseTo(12, 6)
  expect(sweepTime(plan, () => facts, [])).toBeNull()
})

test('a run is put to another place of the list', () => {
  const runs = ['a', 'b', 'c'].map((runId) => {
    return { runId, title: runId, resume: false, dataset: 'sample:shapes', epochs: 1, addedAt: '' }
  })
  const order = (runId: string, to: number) => movedTo(runs, runId, to).map((run) => run.runId)
  expect(order('c', 0)).toEqual(['c', 'a', 'b'])
  expect(order('a', 2)).toEqual(['b', 'c', 'a'])
  expect(order('nothing', 0)).toEqual(['a', 'b', 'c'])
})
