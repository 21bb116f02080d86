import { describe, expect, it } from 'vitest'
import { runRecordSchema } from '@shared/contract/records'
import { parseRunRecord } from '@shared/runRecord'
import { runRecord } from '../../support/records'

const place = { id: 'folder', writtenAt: '2026-03-01T00:00:00.000Z' }
const model = { patchSize: 8, embedDim: 64, depth: 2, numHeads: 4 }

function parsed(value: unknown) {
  const result = parseRunRecord(JSON.stringify(value), place)
  if (!result.ok) throw new Error(result.problem)
  return result
}

function problemOf(text: string): string {
  const result = parseRunRecord(text, place)
  return result.ok ? 'none' : result.problem
}

describe('parseRunRecord', () => {
  it('gives a record of today as it is', () => {
    const record = runRecord({ resumedAt: '2026-01-02T00:00:00.000Z', earlierSeconds: 5 })
    expect(parsed(record)).toEqual({ ok: true, record, unknownSettings: [] })
  })

  it('opens a record that holds a configuration and nothing else', () => {
    const { record } = parsed({ config: { data: { dataset: 'sample:shapes', imageSize: 64 }, model } })
    expect(runRecordSchema.safeParse(record).success).toBe(true)
    expect(record).toMatchObject({
      id: 'folder',
      status: 'interrupted',
      endedAt: place.writtenAt,
      createdAt: place.writtenAt,
      dataset: { name: 'sample:shapes', classes: [], trainCount: 0 },
      sizes: { ...model, imageSize: 64, mlpRatio: 4, positions: 'learned' },
      config: { seed: 42, train: { epochs: 40 } },
      stepsPerEpoch: 1,
      best: null,
    })
    expect(record.reason).toContain('early version')
  })

  it('fills what an earlier record lacks, and keeps what it has', () => {
    const { config, dataset, createdAt, name, id, status } = runRecord()
    const train = { ...config.train, batchSize: 4, gradAccumulation: 1 }
    const endedAt = '2026-01-01T00:00:00.000Z'
    const { record } = parsed({ id, name, status, createdAt, endedAt, dataset, config: { ...config, train } })
    expect(record).toMatchObject({
      id: 'run',
      name: 'Shapes',
      status: 'finished',
      endedAt,
      reason: null,
      // Six training images in batches of four.
      stepsPerEpoch: 2,
      sizes: { numClasses: 2, patchSize: 8 },
      versions: {},
    })
  })

  it('leaves settings out that it does not know, and says which', () => {
    const record = runRecord({ endedAt: '2026-01-01T00:00:00.000Z' })
    const { data, train } = record.config
    const config = { ...record.config, data: { ...data, mirrored: true }, train: { ...train, ladder: 3 } }
    const result = parsed({ ...record, config })
    expect(result.unknownSettings.sort()).toEqual(['data.mirrored', 'train.ladder'])
    expect(result.record).toEqual(record)
  })

  it.each([
    ['', 'is empty'],
    ['  \n', 'is empty'],
    [JSON.stringify(runRecord()).slice(0, 200), 'is torn'],
    ['[]', 'does not hold a run'],
    ['7', 'does not hold a run'],
    [JSON.stringify({ ...runRecord(), format: 2 }), 'format'],
    [JSON.stringify({ ...runRecord(), config: undefined }), 'lacks “config”'],
    [JSON.stringify({ ...runRecord(), status: 'sleeping' }), 'wrong “status”'],
    [JSON.stringify({ ...runRecord(), best: { epoch: 1 } }), 'best'],
  ])('tells what is wrong with %j', (text, words) => {
    expect(problemOf(text)).toContain(words)
  })
})
