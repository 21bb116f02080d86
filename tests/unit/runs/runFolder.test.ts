import { appendFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runConfigSchema } from '@shared/config/runConfig'
import type { EpochMetrics, RunRecord, StepMetrics } from '@shared/contract/records'
import { runFolderName } from '@shared/folderNames'
import { runFiles } from '@shared/folders'
import {
  appendLog,
  createRunFolder,
  MetricsWriter,
  readMetrics,
  readRunRecord,
  writeRunRecord,
} from '@engine/runs/runFolder'
import { temporaryFolder } from '../formats/temporaryFolder'
import { modelSizes } from '../../support/modelSizes'

const record: RunRecord = {
  format: 1,
  id: 'a',
  name: 'A run',
  createdAt: '2026-01-02T03:04:05.000Z',
  endedAt: null,
  status: 'running',
  reason: null,
  config: runConfigSchema.parse({ data: { dataset: 'sample:shapes' }, model: { preset: 'Ti/16' } }),
  sizes: modelSizes({ imageSize: 64, patchSize: 16, embedDim: 192, depth: 12, numHeads: 3, numClasses: 10 }),
  dataset: { name: 'Shapes', classes: ['a', 'b'], trainCount: 5, valCount: 2, mean: [0, 0, 0], std: [1, 1, 1] },
  parameters: 1,
  stepsPerEpoch: 2,
  versions: { vitrine: '0.1.0' },
  device: 'CPU',
  processId: 1,
  best: null,
}

const step = (number: number): StepMetrics => ({
  type: 'step',
  step: number,
  epoch: 1,
  loss: 2.3,
  lr: 1e-4,
  gradNorm: 1,
  imagesPerSecond: 100,
})
const epoch: EpochMetrics = {
  type: 'epoch',
  epoch: 1,
  lr: 1e-4,
  train_loss: 2,
  train_acc: 0.3,
  val_loss: null,
  val_acc: null,
  seconds: 4,
}

describe('run folder', () => {
  it('is made only where nothing is', async () => {
    const parent = await temporaryFolder()
    const folder = join(parent, 'runs', 'one')
    const lock = await createRunFolder(folder)
    expect((await readdir(folder)).sort()).toEqual([runFiles.checkpoints, runFiles.lock].sort())
    await lock.release()
    expect(await readdir(folder)).toEqual([runFiles.checkpoints])
    await expect(createRunFolder(folder)).rejects.toMatchObject({ kind: 'invalid-input' })
    await mkdir(join(parent, 'empty'))
    await (await createRunFolder(join(parent, 'empty'))).release()
    await writeFile(join(parent, 'file'), '')
    await expect(createRunFolder(join(parent, 'file'))).rejects.toThrow(/is a file/)
  })

  it('keeps the record', async () => {
    const folder = await temporaryFolder()
    await writeRunRecord(folder, record)
    expect(await readRunRecord(folder)).toEqual(record)
    await writeRunRecord(folder, { ...record, status: 'finished' })
    expect((await readRunRecord(folder)).status).toBe('finished')
    expect(await readdir(folder)).toEqual([runFiles.record])
  })

  it('says what is wrong with a record', async () => {
    const folder = await temporaryFolder()
    await expect(readRunRecord(folder)).rejects.toMatchObject({ kind: 'not-found' })
    for (const text of ['', '{"format":1', JSON.stringify({ ...record, status: 'odd' })]) {
      await writeFile(join(folder, runFiles.record), text)
      await expect(readRunRecord(folder)).rejects.toMatchObject({
        kind: 'unreadable',
        message: expect.stringContaining('damaged'),
      })
    }
  })

  it('appends metrics and goes on after a torn line', async () => {
    const folder = await temporaryFolder()
    expect(await readMetrics(folder)).toEqual([])
    const first = await MetricsWriter.open(folder)
    await first.write([step(1), step(2)])
    await first.write([])
    await first.write([epoch])
    await first.close()
    await appendFile(join(folder, runFiles.metrics), '{"type":"step","st')
    const second = await MetricsWriter.open(folder)
    await second.write([step(3)])
    await second.close()
    const third = await MetricsWriter.open(folder)
    await third.close()
    expect(await readMetrics(folder)).toEqual([step(1), step(2), epoch, step(3)])
    expect(await readFile(join(folder, runFiles.metrics), 'utf8')).not.toContain('\n\n')
  })

  it('keeps a log', async () => {
    const folder = await temporaryFolder()
    await appendLog(folder, 'one')
    await appendLog(folder, 'two')
    expect(await readFile(join(folder, runFiles.log), 'utf8')).toMatch(/^\S+Z one\n\S+Z two\n$/)
  })

  it('names runs so that they sort by time, are safe as files and never the same', () => {
    const early = runFolderName('Größe / S*32: "x"', new Date(2026, 0, 2, 3, 4, 5))
    const late = runFolderName('a', new Date(2026, 0, 2, 3, 4, 6))
    expect(early).toMatch(/^2026-01-02-030405-gro-e-s-32-x-[0-9a-f]{6}$|^2026-01-02-030405-[a-z0-9-]+-[0-9a-f]{6}$/)
    expect(early < late).toBe(true)
    expect(runFolderName('', new Date(2026, 0, 2, 3, 4, 5))).toMatch(/^2026-01-02-030405-[0-9a-f]{6}$/)
    expect(runFolderName('..', new Date())).not.toContain('..')
    const many = Array.from({ length: 50 }, () => runFolderName('a', new Date(0)))
    expect(new Set(many).size).toBe(50)
  })
})
