import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Correction } from '@shared/contract/corrections'
import { datasetFiles } from '@shared/folders'
import { readCorrections, summariseCorrections } from '@engine/data/corrections'
import { PreparedDataset } from '@engine/data/dataset'
import { BatchLoader } from '@engine/data/loader'
import { resolveDuplicates } from '@engine/data/resolveDuplicates'
import { temporaryFolder } from '../formats/temporaryFolder'
import { numberedDataset, recordingContext } from './imageFiles'

const sizes = { trainCount: 7, valCount: 3, side: 4 }

/** Record 1 (b) is c, 4 (b) is out of training, 8 (c) is a, 9 (a) is out of validation. */
const corrections: Correction[] = [
  { index: 1, file: '1', was: 1, label: 2 },
  { index: 4, file: '4', was: 1, label: null },
  { index: 8, file: '8', was: 2, label: 0 },
  { index: 9, file: '9', was: 0, label: null },
]

async function corrected(list: unknown = corrections): Promise<string> {
  const folder = join(await temporaryFolder(), 'set')
  await (await numberedDataset(folder, sizes)).close()
  await writeFile(join(folder, datasetFiles.corrections), JSON.stringify({ format: 1, corrections: list }))
  return folder
}

async function batches(dataset: PreparedDataset, split: 'train' | 'val', shuffle = false): Promise<number[][]> {
  const options = { dataset, split, batchSize: 4, seed: 5, shuffle, augment: 'none', dropLast: false } as const
  const seen: number[][] = []
  for await (const { images, labels, count } of new BatchLoader(options).epoch(0)) {
    for (let row = 0; row < count; row++) seen.push([images[row * dataset.recordBytes] ?? -1, labels[row] ?? -1])
  }
  return seen
}

describe('corrections of a dataset', () => {
  it('change labels, leave records out and are counted', async () => {
    const folder = await corrected()
    await using dataset = await closing(PreparedDataset.openCorrected(folder))
    expect([...dataset.recordsOf('train')]).toEqual([0, 1, 2, 3, 5, 6])
    expect([...dataset.recordsOf('val')]).toEqual([7, 8])
    expect([...dataset.labels]).toEqual([0, 2, 2, 0, 1, 2, 0, 1, 0, 0])
    const { trainCount, valCount, classCounts } = dataset.manifest
    expect({ trainCount, valCount, classCounts }).toEqual({
      trainCount: 6,
      valCount: 2,
      classCounts: { train: [3, 0, 3], val: [1, 1, 0] },
    })
    expect(dataset.corrections).toMatchObject({ relabelled: 2, leftOut: 2 })
    // The records themselves are where they were.
    expect(await dataset.readRecord(9)).toEqual(new Uint8Array(48).fill(9))
    expect(dataset.splitRange('val')).toEqual({ start: 7, count: 3 })
  })

  it('reach the loader: each record that is left once, with its label', async () => {
    await using dataset = await closing(PreparedDataset.openCorrected(await corrected()))
    expect(await batches(dataset, 'train')).toEqual([
      [0, 0],
      [1, 2],
      [2, 2],
      [3, 0],
      [5, 2],
      [6, 0],
    ])
    expect(await batches(dataset, 'val')).toEqual([
      [7, 1],
      [8, 0],
    ])
    const shuffled = await batches(dataset, 'train', true)
    expect(shuffled.map(([record]) => record).toSorted()).toEqual([0, 1, 2, 3, 5, 6])
  })

  it('are not in a dataset that is opened as it was prepared', async () => {
    const folder = await corrected()
    await using dataset = await closing(PreparedDataset.open(folder))
    expect([...dataset.labels]).toEqual([0, 1, 2, 0, 1, 2, 0, 1, 2, 0])
    expect(dataset.recordsOf('train')).toHaveLength(7)
    expect(dataset.corrections).toBeUndefined()
  })

  it.each([
    ['a class that is not there', [{ index: 1, file: '1', was: 1, label: 3 }]],
    ['a record that is not there', [{ index: 10, file: '10', was: 1, label: 0 }]],
    ['something else', [{ index: 1 }]],
  ])('are refused with %s', async (_, list) => {
    await expect(PreparedDataset.openCorrected(await corrected(list))).rejects.toMatchObject({
      kind: 'unreadable',
      field: 'data.dataset',
      message: expect.stringContaining('corrections.json'),
    })
  })

  it('have one fingerprint in any order, and another where anything differs', () => {
    const print = (list: readonly Correction[]) => summariseCorrections(list)?.fingerprint
    expect(print(corrections.toReversed())).toBe(print(corrections))
    expect(print(corrections.slice(1))).not.toBe(print(corrections))
    expect(print([{ index: 1, file: '1', was: 1, label: 0 }])).not.toBe(
      print([{ index: 1, file: '1', was: 1, label: null }]),
    )
    expect(summariseCorrections([])).toBeUndefined()
  })

  it('follow their files into a new preparation', async () => {
    const folder = await corrected()
    // Prepared again from fewer files: 8 and 9 are no longer there.
    await (await numberedDataset(folder, { trainCount: 5, valCount: 3, side: 4 })).close()
    expect(await readCorrections(folder)).toEqual([
      { index: 1, file: '1', was: 1, label: 2 },
      { index: 4, file: '4', was: 1, label: null },
    ])
    expect(await readdir(folder)).toContain(datasetFiles.corrections)
  })

  it('stay out of a dataset that is rewritten without its duplicates', async () => {
    const folder = await corrected()
    await resolveDuplicates(folder, 'drop', recordingContext())
    expect(JSON.parse(await readFile(join(folder, datasetFiles.labels), 'utf8'))).toEqual([
      0, 1, 2, 0, 1, 2, 0, 1, 2, 0,
    ])
    expect(await readCorrections(folder)).toEqual(corrections)
  })
})

/** Closes a dataset at the end of its block. */
async function closing(opening: Promise<PreparedDataset>): Promise<PreparedDataset & AsyncDisposable> {
  const dataset = await opening
  return Object.assign(dataset, { [Symbol.asyncDispose]: () => dataset.close() })
}
