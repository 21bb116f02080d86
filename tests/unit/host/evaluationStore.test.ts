import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { evaluationFolderName, evaluationPlace } from '@shared/evaluationFolder'
import { EvaluationStore } from '../../../src/main/host/evaluationStore'
import { evaluationRecord } from '../../support/records'
import { TemporaryFolder } from '../../support/temporaryFolder'

async function writeEvaluation(runs: string, run: string, name: string, text: string): Promise<void> {
  const folder = path.join(runs, run, 'evaluation', name)
  await mkdir(folder, { recursive: true })
  await writeFile(path.join(folder, 'evaluation.json'), text)
}

describe('EvaluationStore', () => {
  test('lists the whole evaluations of a run, the newest first, with addresses of their arrays', async () => {
    await using home = await TemporaryFolder.make()
    const store = new EvaluationStore((runId) => path.join(home.path, runId))
    expect(await store.list('run 1')).toEqual([])
    const older = evaluationRecord('2026-01-01T00:00:00.000Z')
    const newer = evaluationRecord('2026-01-02T00:00:00.000Z')
    await writeEvaluation(home.path, 'run 1', 'best-val', JSON.stringify(older))
    await writeEvaluation(home.path, 'run 1', 'last-train-flip', JSON.stringify(newer))
    await writeEvaluation(home.path, 'run 1', 'damaged', '{"format":1')
    await mkdir(path.join(home.path, 'run 1', 'evaluation', 'under-way'))
    const found = await store.list('run 1')
    expect(found.map(({ id, evaluation }) => [id, evaluation])).toEqual([
      ['last-train-flip', newer],
      ['best-val', older],
    ])
    const base = 'vitrine://app/evaluation/run%201/best-val'
    expect(found[1]?.confusion).toEqual({ url: `${base}/confusion.npy`, shape: [2, 2] })
    expect(found[1]?.outcomes).toEqual({ url: `${base}/outcomes.npy`, shape: [3, 6] })
    expect(found[1]?.embedding).toBeNull()
  })

  test('gives the addresses of embeddings where they were kept', async () => {
    await using home = await TemporaryFolder.make()
    const embedding = { images: 2, width: 16, explainedShares: [0.7, 0.2, 0.1] }
    const record = { ...evaluationRecord('2026-01-01T00:00:00.000Z'), embedding }
    await writeEvaluation(home.path, 'run', 'best-val', JSON.stringify(record))
    const [found] = await new EvaluationStore((runId) => path.join(home.path, runId)).list('run')
    const base = 'vitrine://app/evaluation/run/best-val'
    expect(found?.embedding).toEqual({
      images: { url: `${base}/embedded-images.npy`, shape: [2] },
      scores: { url: `${base}/embedding-scores.npy`, shape: [2, 3] },
    })
  })
})

test.each([
  [{ checkpoint: 'best', split: 'val', flip: false }, 'best-val'],
  [{ checkpoint: 'last.ema', split: 'train', flip: true }, 'last.ema-train-flip'],
  [{ checkpoint: 'epoch-0010', split: 'val', flip: false }, 'epoch-0010-val'],
] as const)('an evaluation of %o is in the folder %s', (place, name) => {
  expect(evaluationFolderName(place)).toBe(name)
  expect(evaluationPlace(name)).toEqual(place)
})

test('a folder that was named by hand has no place', () => {
  expect(evaluationPlace('my-val')).toBeNull()
  expect(evaluationPlace('best')).toBeNull()
})
