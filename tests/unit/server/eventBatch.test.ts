import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { batchIntervalMs, EventBatch } from '@engine/server/eventBatch'
import type { EngineEvent } from '@shared/contract/engineMessages'
import { stepMetrics } from '../../support/records'

function progress(done: number): EngineEvent {
  return { type: 'progress', progress: { stage: 'Training', done, total: 10, secondsLeft: null } }
}

describe('EventBatch', () => {
  beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
  afterEach(() => vi.useRealTimers())

  test('passes the first event on at once and joins what follows within the interval', () => {
    const delivered: EngineEvent[] = []
    const batch = new EventBatch((event) => delivered.push(event))
    batch.add({ type: 'metrics', lines: [stepMetrics(1)] })
    expect(delivered).toEqual([{ type: 'metrics', lines: [stepMetrics(1)] }])

    batch.add({ type: 'metrics', lines: [stepMetrics(2)] })
    batch.add(progress(2))
    batch.add({ type: 'metrics', lines: [stepMetrics(3)] })
    batch.add(progress(3))
    expect(delivered).toHaveLength(1)
    vi.advanceTimersByTime(batchIntervalMs)
    expect(delivered.slice(1)).toEqual([{ type: 'metrics', lines: [stepMetrics(2), stepMetrics(3)] }, progress(3)])
  })

  test('delivers at most ten batches a second and loses no line', () => {
    const delivered: EngineEvent[] = []
    const batch = new EventBatch((event) => delivered.push(event))
    for (let step = 1; step <= 1000; step++) {
      batch.add({ type: 'metrics', lines: [stepMetrics(step)] })
      vi.advanceTimersByTime(1)
    }
    batch.flush()
    expect(delivered.length).toBeLessThanOrEqual(11)
    const steps = delivered.flatMap((event) => (event.type === 'metrics' ? event.lines : []))
    expect(steps).toEqual(Array.from({ length: 1000 }, (_, index) => stepMetrics(index + 1)))
  })

  test('keeps every log line', () => {
    const delivered: EngineEvent[] = []
    const batch = new EventBatch((event) => delivered.push(event))
    for (const message of ['a', 'b', 'c']) batch.add({ type: 'log', level: 'info', message })
    batch.flush()
    expect(delivered.map((event) => (event.type === 'log' ? event.message : event.type))).toEqual(['a', 'b', 'c'])
  })
})
