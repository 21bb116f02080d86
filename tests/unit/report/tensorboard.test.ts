import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { MetricLine } from '@shared/contract/records'
import { runScalars } from '@engine/report/runScalars'
import { encodeEvents } from '@engine/report/tensorboard'
import { crc32c, encodeRecord } from '@engine/report/tfRecord'
import { goldenJson, goldenPath } from '../../golden/fixture'
import { epochMetrics, runRecord, stepMetrics } from '../../support/records'

describe('event files', () => {
  it('have the checksums of RFC 3720', () => {
    expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283)
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa)
    expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43)
  })

  it('frame data with its length and two checksums', () => {
    const record = encodeRecord(Uint8Array.of(1, 2, 3))
    expect(record).toHaveLength(8 + 4 + 3 + 4)
    expect([...record.subarray(0, 8)]).toEqual([3, 0, 0, 0, 0, 0, 0, 0])
    expect([...record.subarray(12, 15)]).toEqual([1, 2, 3])
  })

  it("are byte for byte TensorBoard's own", async () => {
    const scalars = z.array(
      z.object({ wallTime: z.number(), step: z.int(), values: z.array(z.tuple([z.string(), z.number()])) }),
    )
    const events = scalars.parse(await goldenJson('tensorboard/events.json'))
    const expected = await readFile(goldenPath('tensorboard/events.bin'))
    expect(Buffer.concat(encodeEvents(events)).equals(expected)).toBe(true)
  })
})

describe("a run's scalars", () => {
  const start = Date.parse('2026-01-02T03:04:05Z') / 1000
  const record = runRecord({ createdAt: '2026-01-02T03:04:05Z', stepsPerEpoch: 2 })
  const step = (at: number, epoch: number): MetricLine => ({ ...stepMetrics(at), epoch })
  const epoch = (at: number, seconds: number): MetricLine => ({
    ...epochMetrics(at),
    seconds,
    val_loss: 0.5,
    val_acc: 0.75,
  })

  it('pass the seconds of each epoch, and those of a pause', () => {
    const later: MetricLine = { type: 'resume', step: 4, epoch: 3, at: '2026-01-02T04:04:05Z' }
    const lines = [step(1, 1), step(2, 1), epoch(1, 10), step(3, 2), step(4, 2), epoch(2, 20), later, step(5, 3)]
    const events = runScalars(record, lines)
    const times = events.map(({ wallTime }) => wallTime - start)
    expect(times.slice(0, 6)).toEqual([5, 10, 10, 20, 30, 30])
    // The last step's epoch isn't finished: its batch at a hundred images a second tells its time.
    expect(times[6]).toBeCloseTo(3600 + record.config.train.batchSize / 100, 6)
    expect(events.map((event) => event.step)).toEqual([1, 2, 2, 3, 4, 4, 5])
  })

  it('hold what was measured and nothing else', () => {
    const [, , last] = runScalars(record, [step(1, 1), step(2, 1), epoch(1, 10)])
    const values = new Map(last?.values)
    expect(values.get('loss/validation')).toBe(0.5)
    expect(values.get('accuracy/validation')).toBe(0.75)
    expect(values.get('speed/epoch_seconds')).toBe(10)
    expect(values.has('accuracy/validation_top5')).toBe(false)
    expect(runScalars(record, [])).toEqual([])
  })
})
