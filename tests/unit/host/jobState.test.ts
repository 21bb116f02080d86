import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hasEnded, newJob, reduceJob, toJobState, type Job, type JobAction } from '../../../src/main/host/jobState'

const fresh = newJob({ id: 'a', kind: 'train', title: 'Shapes', runId: 'run', startedAt: '2026-01-01T00:00:00Z' })
const progress = { stage: 'Training', done: 1, total: 3, secondsLeft: 4 }
const lost = { kind: 'engine-lost', message: 'The engine stopped.' } as const
const cancelled = { kind: 'cancelled', message: 'Cancelled.' } as const

function after(...actions: JobAction[]): Job {
  return actions.reduce(reduceJob, fresh)
}

function phase(...actions: JobAction[]): string {
  return toJobState(after(...actions)).phase
}

describe('reduceJob', () => {
  test('goes from starting over running to finished', () => {
    expect(phase()).toBe('starting')
    expect(phase({ type: 'ready' })).toBe('running')
    expect(phase({ type: 'ready' }, { type: 'finished' })).toBe('finished')
  })

  test('progress means running, and is kept while stopping', () => {
    expect(toJobState(after({ type: 'progress', progress }))).toMatchObject({ phase: 'running', progress })
    const stopping = after({ type: 'signal', signal: 'stop' }, { type: 'progress', progress })
    expect(toJobState(stopping)).toMatchObject({ phase: 'stopping', progress })
  })

  test('a stopped job that answers has finished', () => {
    expect(phase({ type: 'ready' }, { type: 'signal', signal: 'stop' }, { type: 'finished' })).toBe('finished')
  })

  test('a failure is kept, a cancelled job is no failure', () => {
    expect(toJobState(after({ type: 'failed', failure: lost }))).toMatchObject({ phase: 'failed', failure: lost })
    expect(phase({ type: 'failed', failure: cancelled })).toBe('cancelled')
    expect(phase({ type: 'signal', signal: 'cancel' }, { type: 'failed', failure: lost })).toBe('cancelled')
    expect(phase({ type: 'signal', signal: 'stop' }, { type: 'failed', failure: lost })).toBe('failed')
  })

  test('a stop turns into a cancel, a cancel never into a stop', () => {
    const both = after({ type: 'signal', signal: 'stop' }, { type: 'signal', signal: 'cancel' })
    expect(both.phase).toEqual({ phase: 'stopping', by: 'cancel' })
    expect(reduceJob(both, { type: 'signal', signal: 'stop' })).toBe(both)
    const paused = after({ type: 'signal', signal: 'pause' })
    expect(reduceJob(paused, { type: 'signal', signal: 'stop' })).toBe(paused)
    expect(reduceJob(paused, { type: 'signal', signal: 'cancel' }).phase).toEqual({ phase: 'stopping', by: 'cancel' })
  })

  test('nothing changes a job that has ended', () => {
    const action = fc.oneof(
      fc.constant<JobAction>({ type: 'ready' }),
      fc.constant<JobAction>({ type: 'progress', progress }),
      fc.constantFrom('stop' as const, 'cancel' as const).map((signal): JobAction => ({ type: 'signal', signal })),
      fc.constant<JobAction>({ type: 'finished' }),
      fc.constantFrom(lost, cancelled).map((failure): JobAction => ({ type: 'failed', failure })),
    )
    fc.assert(
      fc.property(fc.array(action, { maxLength: 12 }), (actions) => {
        let job = fresh
        for (const next of actions) {
          const reduced = reduceJob(job, next)
          if (hasEnded(job)) expect(reduced).toBe(job)
          job = reduced
        }
      }),
    )
  })
})
