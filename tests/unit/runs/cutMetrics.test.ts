import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { cutMetrics } from '@engine/runs/cutMetrics'
import { readMetrics } from '@engine/runs/runFolder'
import { epochMetrics, stepMetrics } from '../../support/records'
import { temporaryFolder } from '../formats/temporaryFolder'

const mark = (step: number, epoch: number) => ({ type: 'resume', step, epoch, at: '2026-01-01T00:00:00.000Z' })

it('keeps what was measured up to the position, word for word, and drops the rest', async () => {
  const folder = await temporaryFolder()
  // A line of an older version, with fewer figures and its own spacing.
  const old =
    '{"type": "epoch", "epoch": 1, "lr": 1e-4, "train_loss": 2, "train_acc": 0.5, "val_loss": null, "val_acc": null, "seconds": 3}'
  const kept = [stepMetrics(1), stepMetrics(2)].map((line) => JSON.stringify(line))
  const lines = [
    ...kept,
    old,
    JSON.stringify(mark(2, 2)),
    JSON.stringify(stepMetrics(3)),
    JSON.stringify(stepMetrics(4)),
    JSON.stringify(epochMetrics(2)),
    JSON.stringify(mark(4, 3)),
    '{"type":"step","step":5,"ep',
  ]
  await writeFile(join(folder, 'metrics.jsonl'), lines.join('\n'))
  await cutMetrics(folder, { step: 3, epoch: 2 })
  const expected = [...kept, old, JSON.stringify(mark(2, 2)), JSON.stringify(stepMetrics(3))]
  expect(await readFile(join(folder, 'metrics.jsonl'), 'utf8')).toBe(expected.map((line) => `${line}\n`).join(''))
  expect((await readMetrics(folder)).map(({ type }) => type)).toEqual(['step', 'step', 'epoch', 'resume', 'step'])
})

it('needs no file', async () => {
  const folder = await temporaryFolder()
  await cutMetrics(folder, { step: 0, epoch: 1 })
  expect(await readMetrics(folder)).toEqual([])
})
