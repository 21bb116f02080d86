import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { readCorrections } from '@engine/data/corrections'
import { CorrectionStore } from '../../../src/main/host/correctionStore'
import { DatasetStore } from '../../../src/main/host/datasetStore'
import { datasetManifest } from '../../support/records'
import { TemporaryFolder } from '../../support/temporaryFolder'

const labels = [0, 1, 0, 1, 0]

async function storeWithDataset(home: string): Promise<{ store: CorrectionStore; dataset: string }> {
  const dataset = path.join(home, 'datasets', 'flowers')
  await mkdir(dataset, { recursive: true })
  await writeFile(path.join(dataset, 'dataset.json'), JSON.stringify(datasetManifest()))
  await writeFile(path.join(dataset, 'labels.json'), JSON.stringify(labels))
  const origins = labels.map((_, index) => ({ file: `image-${index}.png`, width: 20, height: 10 }))
  await writeFile(path.join(dataset, 'records.json'), JSON.stringify(origins))
  const datasets = new DatasetStore({ home, trash: () => Promise.reject(new Error('no trash here')) })
  return { store: new CorrectionStore(datasets), dataset }
}

describe('CorrectionStore', () => {
  test('keeps corrections beside the records, where engines read them', async () => {
    await using home = await TemporaryFolder.make()
    const { store, dataset } = await storeWithDataset(home.path)
    expect(await store.list(dataset)).toEqual({ side: 2, corrections: [] })
    const { corrections } = await store.change(dataset, [
      { index: 3, to: 'left-out' },
      { index: 0, to: 1 },
    ])
    const url = (index: number) => `vitrine://app/dataset/${encodeURIComponent(dataset)}/${index}`
    expect(corrections).toEqual([
      { index: 0, file: 'image-0.png', was: 0, label: 1, url: url(0) },
      { index: 3, file: 'image-3.png', was: 1, label: null, url: url(3) },
    ])
    const kept = corrections.map(({ index, file, was, label }) => ({ index, file, was, label }))
    expect(await readCorrections(dataset)).toEqual(kept)
    expect(JSON.parse(await readFile(path.join(dataset, 'labels.json'), 'utf8'))).toEqual(labels)
  })

  test('a record that is put back, or relabelled as it was, is no correction', async () => {
    await using home = await TemporaryFolder.make()
    const { store, dataset } = await storeWithDataset(home.path)
    await store.change(dataset, [
      { index: 0, to: 1 },
      { index: 1, to: 'left-out' },
      { index: 2, to: 1 },
    ])
    await store.change(dataset, [{ index: 0, to: 0 }])
    const { corrections } = await store.change(dataset, [{ index: 2, to: 'original' }])
    expect(corrections.map(({ index, label }) => [index, label])).toEqual([[1, null]])
    await store.change(dataset, [{ index: 1, to: 'original' }])
    expect(await readdir(dataset)).not.toContain('corrections.json')
  })

  test('changes at the same time are all kept', async () => {
    await using home = await TemporaryFolder.make()
    const { store, dataset } = await storeWithDataset(home.path)
    await Promise.all(labels.map((_, index) => store.change(dataset, [{ index, to: 'left-out' }])))
    expect((await store.list(dataset)).corrections.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4])
  })

  test('refuses what the dataset has not, and says so of a damaged file', async () => {
    await using home = await TemporaryFolder.make()
    const { store, dataset } = await storeWithDataset(home.path)
    await expect(store.change(dataset, [{ index: 0, to: 2 }])).rejects.toMatchObject({ kind: 'invalid-input' })
    await expect(store.change(dataset, [{ index: 5, to: 1 }])).rejects.toMatchObject({ kind: 'not-found' })
    expect(await readdir(dataset)).not.toContain('corrections.json')
    await writeFile(path.join(dataset, 'corrections.json'), '{"format":1')
    await expect(store.list(dataset)).rejects.toMatchObject({ kind: 'unreadable' })
    await expect(store.list('sample:shapes')).rejects.toMatchObject({ kind: 'not-found' })
  })
})
