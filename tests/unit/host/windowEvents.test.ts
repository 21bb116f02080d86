import { describe, expect, test, vi } from 'vitest'
import type { JobState, WindowEvent } from '@shared/contract/windowRoutes'
import { mergeEvent, WindowEvents } from '../../../src/main/host/windowEvents'
import { stepMetrics } from '../../support/records'

function job(id: string, phase: JobState['phase']): WindowEvent {
  const state: JobState = {
    id,
    phase,
    kind: 'train',
    title: '',
    runId: null,
    startedAt: '',
    progress: null,
    failure: null,
  }
  return { type: 'job', job: state }
}

describe('mergeEvent', () => {
  test('keeps the newest state of each job, joins metrics of a run and says a change once', () => {
    const events: WindowEvent[] = [
      job('a', 'starting'),
      { type: 'metrics', runId: 'x', lines: [stepMetrics(1)] },
      { type: 'runs-changed' },
      job('b', 'starting'),
      { type: 'metrics', runId: 'y', lines: [stepMetrics(1)] },
      job('a', 'running'),
      { type: 'metrics', runId: 'x', lines: [stepMetrics(2)] },
      { type: 'runs-changed' },
    ]
    expect(events.reduce(mergeEvent, [])).toEqual([
      { type: 'metrics', runId: 'x', lines: [stepMetrics(1), stepMetrics(2)] },
      job('b', 'starting'),
      { type: 'metrics', runId: 'y', lines: [stepMetrics(1)] },
      job('a', 'running'),
      { type: 'runs-changed' },
    ])
  })
})

describe('WindowEvents', () => {
  test('delivers in batches', () => {
    vi.useFakeTimers()
    const batches: WindowEvent[][] = []
    const events = new WindowEvents((batch) => batches.push(batch))
    for (let step = 1; step <= 250; step++) {
      events.send({ type: 'metrics', runId: 'x', lines: [stepMetrics(step)] })
      vi.advanceTimersByTime(4)
    }
    events.close()
    vi.useRealTimers()
    expect(batches.length).toBeLessThanOrEqual(10)
    expect(batches.every((batch) => batch.length === 1)).toBe(true)
  })
})
