import { describe, expect, it } from 'vitest'
import type { EpochMetrics, StepMetrics } from '@shared/contract/records'
import type { JobState } from '@shared/contract/windowRoutes'
import { orderedDatasets } from '../../../src/renderer/stores/datasets'
import { isActive, jobsAfter, jobShare } from '../../../src/renderer/stores/jobList'
import { checkSketch } from '../../../src/renderer/stores/modelSketch'
import { appendLines, curvesOf, emptyCurves } from '../../../src/renderer/stores/runCurves'

function job(id: string, phase: JobState['phase'] = 'running'): JobState {
  return { id, kind: 'train', title: id, runId: id, startedAt: '', phase, progress: null, failure: null }
}

function step(number: number): StepMetrics {
  return { type: 'step', step: number, epoch: 1, loss: 1 / number, lr: 0.1, gradNorm: 1, imagesPerSecond: 100 }
}

function epoch(number: number): EpochMetrics {
  return {
    type: 'epoch',
    epoch: number,
    lr: 0.1,
    train_loss: 1,
    train_acc: 0.5,
    val_loss: null,
    val_acc: null,
    seconds: 1,
  }
}

describe('jobsAfter', () => {
  it('adds, replaces in place and removes', () => {
    const two = jobsAfter(jobsAfter([], { type: 'job', job: job('a') }), { type: 'job', job: job('b') })
    expect(two.map(({ id }) => id)).toEqual(['a', 'b'])
    const ended = jobsAfter(two, { type: 'job', job: job('a', 'finished') })
    expect(ended.map(({ id, phase }) => [id, phase])).toEqual([
      ['a', 'finished'],
      ['b', 'running'],
    ])
    expect(jobsAfter(ended, { type: 'job-removed', jobId: 'a' }).map(({ id }) => id)).toEqual(['b'])
  })

  it('leaves the list as it is for other events', () => {
    const jobs = [job('a')]
    expect(jobsAfter(jobs, { type: 'runs-changed' })).toBe(jobs)
  })

  it('tells active jobs and their share', () => {
    const phases = ['starting', 'running', 'stopping'] as const
    expect(phases.every((phase) => isActive(job('a', phase)))).toBe(true)
    expect(isActive(job('a', 'failed'))).toBe(false)
    const progress = { stage: '', done: 30, total: 20, secondsLeft: null }
    expect(jobShare({ ...job('a'), progress })).toBe(1)
    expect(jobShare({ ...job('a'), progress: { ...progress, total: null } })).toBeNull()
  })
})

describe('run curves', () => {
  it('leaves out lines that are there already', () => {
    const curves = emptyCurves()
    appendLines(curves, [step(1), step(2), epoch(1)])
    appendLines(curves, [step(2), epoch(1), step(3), epoch(2)])
    expect(curves.steps.step).toEqual([1, 2, 3])
    expect(curves.steps.loss).toEqual([1, 1 / 2, 1 / 3])
    expect(curves.epochs.map((line) => line.epoch)).toEqual([1, 2])
  })

  it('joins the file with what came while it was read', () => {
    const joined = curvesOf([step(1), step(2), step(3), epoch(1)], [step(3), step(4), epoch(2)])
    expect(joined.steps.step).toEqual([1, 2, 3, 4])
    expect(joined.epochs.map((line) => line.epoch)).toEqual([1, 2])
  })

  it('takes back what is trained again after a resume', () => {
    const curves = emptyCurves()
    const resume = { type: 'resume', step: 2, epoch: 2, at: '2026-01-01T00:00:00Z' } as const
    appendLines(curves, [step(1), step(2), epoch(1), step(3), epoch(2), resume])
    expect(curves.steps.step).toEqual([1, 2])
    expect(curves.steps.loss).toHaveLength(2)
    expect(curves.epochs.map((line) => line.epoch)).toEqual([1])
    appendLines(curves, [step(3), epoch(2), resume])
    expect(curves.steps.step).toEqual([1, 2, 3])
    expect(curves.resumes).toEqual([resume])
  })
})

describe('orderedDatasets', () => {
  it('puts the samples first and the rest by name', () => {
    const dataset = (id: string, kind: 'sample' | 'prepared') => ({
      id,
      kind,
      name: id,
      description: '',
      sizeBytes: 0,
      manifest: null,
    })
    const ordered = orderedDatasets([
      dataset('zebras', 'prepared'),
      dataset('sample:shapes', 'sample'),
      dataset('apples', 'prepared'),
      dataset('sample:digits', 'sample'),
    ])
    expect(ordered.map(({ id }) => id)).toEqual(['sample:shapes', 'sample:digits', 'apples', 'zebras'])
  })
})

describe('checkSketch', () => {
  const sketch = {
    preset: 'own',
    imageSize: 224,
    numClasses: 10,
    patchSize: 16,
    embedDim: 768,
    depth: 12,
    numHeads: 12,
    mlpRatio: 4,
  } as const

  it('gives whole sizes', () => {
    expect(checkSketch(sketch)).toMatchObject({ ok: true, sizes: { patchSize: 16, channels: 3 } })
  })

  it.each([
    ['patchSize', { patchSize: 15 }],
    ['numHeads', { numHeads: 7 }],
    ['depth', { depth: 1.5 }],
    ['imageSize', { imageSize: null }],
    ['mlpRatio', { mlpRatio: Number.NaN }],
  ])('says what is wrong with %s', (field, change) => {
    const checked = checkSketch({ ...sketch, ...change })
    expect(checked.ok ? [] : [...checked.problems.keys()]).toEqual([field])
  })
})
