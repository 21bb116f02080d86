import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import type { DatasetManifest } from '@shared/contract/records'
import { sampleFolderName } from '@shared/folders'
import { DatasetStore } from '../../../src/main/host/datasetStore'
import { datasetManifest } from '../../support/records'
import { TemporaryFolder } from '../../support/temporaryFolder'

const labels = [0, 1, 0, 1, 0]

/** Five records of 2 × 2 pixels; every byte of record i is i. */
async function writeDataset(folder: string, changes: Partial<DatasetManifest> = {}): Promise<void> {
  await mkdir(folder, { recursive: true })
  await writeFile(path.join(folder, 'dataset.json'), JSON.stringify(datasetManifest(changes)))
  await writeFile(path.join(folder, 'labels.json'), JSON.stringify(labels))
  const origins = labels.map((_, index) => ({ file: `image-${index}.png`, width: 20, height: 10 }))
  await writeFile(path.join(folder, 'records.json'), JSON.stringify(origins))
  await writeFile(path.join(folder, 'images.u8'), Buffer.concat(labels.map((_, index) => Buffer.alloc(12, index))))
}

function storeIn(home: string): DatasetStore {
  return new DatasetStore({ home, trash: () => Promise.reject(new Error('no trash here')) })
}

describe('DatasetStore', () => {
  test('lists samples that are not made yet, then prepared datasets by name', async () => {
    await using home = await TemporaryFolder.make()
    await writeDataset(path.join(home.path, 'datasets', 'b'), { name: 'birds' })
    await writeDataset(path.join(home.path, 'datasets', 'a'), { name: 'trees' })
    await mkdir(path.join(home.path, 'datasets', 'half'))
    await writeDataset(path.join(home.path, 'datasets', '.c.x.partial'), { name: 'unfinished' })
    const datasets = await storeIn(home.path).list()
    expect(datasets.map(({ id, name }) => [path.basename(id), name])).toEqual([
      ['sample:shapes', 'Shapes'],
      ['sample:digits', 'Digits'],
      ['b', 'birds'],
      ['a', 'trees'],
    ])
    expect(datasets[0]?.manifest).toBeNull()
    expect(datasets[2]?.sizeBytes).toBeGreaterThan(60)
  })

  test('pages through a split, through one class of it, and gives each record’s address', async () => {
    await using home = await TemporaryFolder.make()
    const folder = path.join(home.path, 'datasets', 'a')
    await writeDataset(folder)
    const store = storeIn(home.path)
    const whole = { dataset: folder, classIndex: null, offset: 0, limit: 200 }
    const train = await store.page({ ...whole, split: 'train' })
    expect(train).toMatchObject({ total: 3, side: 2 })
    expect(train.records.map(({ index, label, file }) => [index, label, file])).toEqual([
      [0, 0, 'image-0.png'],
      [1, 1, 'image-1.png'],
      [2, 0, 'image-2.png'],
    ])
    expect(train.records[0]?.url).toBe(`vitrine://app/dataset/${encodeURIComponent(folder)}/0`)
    const oneClass = await store.page({ ...whole, split: 'train', classIndex: 0, offset: 1, limit: 1 })
    expect(oneClass.total).toBe(2)
    expect(oneClass.records.map((record) => record.index)).toEqual([2])
    const val = await store.page({ ...whole, split: 'val' })
    expect(val.records.map((record) => record.index)).toEqual([3, 4])
  })

  test('gives certain records in the order that they are asked for', async () => {
    await using home = await TemporaryFolder.make()
    const folder = path.join(home.path, 'datasets', 'a')
    await writeDataset(folder)
    const { side, records } = await storeIn(home.path).recordsAt(folder, [4, 0, 9])
    expect(side).toBe(2)
    expect(records.map(({ index }) => index)).toEqual([4, 0])
    expect(records[0]?.url).toBe(`vitrine://app/dataset/${encodeURIComponent(folder)}/4`)
    expect(records[0]?.file).not.toBe('')
  })

  test('reads the pixels of a record, and only of its own datasets', async () => {
    await using home = await TemporaryFolder.make()
    await using elsewhere = await TemporaryFolder.make()
    const sample = path.join(home.path, 'samples', sampleFolderName('shapes'))
    await writeDataset(sample)
    await writeDataset(path.join(elsewhere.path, 'a'))
    const store = storeIn(home.path)
    const { side, pixels } = await store.readRecord('sample:shapes', 4)
    expect(side).toBe(2)
    expect([...pixels]).toEqual(Array.from({ length: 12 }, () => 4))
    await expect(store.readRecord('sample:shapes', 5)).rejects.toMatchObject({ kind: 'not-found' })
    await expect(store.readRecord('sample:digits', 0)).rejects.toMatchObject({ kind: 'not-found' })
    const outside = [path.join(elsewhere.path, 'a'), path.join(home.path, 'datasets', '..', 'a'), 'sample:..', 'a', '/']
    for (const id of outside) await expect(store.readRecord(id, 0)).rejects.toMatchObject({ kind: 'not-found' })
  })

  test('names damaged files instead of showing wrong images', async () => {
    await using home = await TemporaryFolder.make()
    const folder = path.join(home.path, 'datasets', 'a')
    await writeDataset(folder)
    await writeFile(path.join(folder, 'labels.json'), '[0]')
    await writeFile(path.join(folder, 'images.u8'), 'short')
    const store = storeIn(home.path)
    const request = { dataset: folder, split: 'train', classIndex: null, offset: 0, limit: 1 } as const
    await expect(store.page(request)).rejects.toMatchObject({ kind: 'unreadable' })
    await expect(store.readRecord(folder, 1)).rejects.toMatchObject({ kind: 'unreadable' })
  })

  test('renames, removes, and cleans up after a killed process', async () => {
    await using home = await TemporaryFolder.make()
    const parent = path.join(home.path, 'datasets')
    const folder = path.join(parent, 'a')
    await writeDataset(folder)
    const store = storeIn(home.path)
    await store.rename(folder, 'Flowers of the garden')
    expect((await store.manifest(folder))?.name).toBe('Flowers of the garden')
    expect(JSON.parse(await readFile(path.join(folder, 'dataset.json'), 'utf8'))).toMatchObject({ trainCount: 3 })

    await mkdir(path.join(parent, '.b.1234.partial'))
    await mkdir(path.join(parent, '.other.1234.partial'))
    await store.removeUnfinished(path.join(parent, 'b'))
    expect((await readdir(parent)).sort()).toEqual(['.other.1234.partial', 'a'])

    await store.remove(folder)
    expect(await readdir(parent)).toEqual(['.other.1234.partial'])
    await expect(store.remove(home.path)).rejects.toMatchObject({ kind: 'not-found' })
    expect(await readdir(home.path)).toEqual(['datasets'])
  })

  test('tells how large the pictures were', async () => {
    await using home = await TemporaryFolder.make()
    const folder = path.join(home.path, 'datasets', 'a')
    await writeDataset(folder)
    const origins = [10, 1, 3, 500, 501].map((width, index) => ({ file: `${index}.png`, width, height: 700 }))
    await writeFile(path.join(folder, 'records.json'), JSON.stringify([...origins.slice(0, 4), 'damaged']))
    const sizes = await storeIn(home.path).originalSizes(folder)
    // Records are 2 px wide, so one picture was enlarged; the damaged origin counts nowhere.
    expect(sizes).toMatchObject({ smallest: 1, largest: 500, enlarged: 1 })
    expect(sizes.bins.reduce((sum, { count }) => sum + count, 0)).toBe(4)
    expect(sizes.bins.at(-1)).toEqual({ from: 362, to: 512, count: 1 })
  })

  test('shows duplicates page by page, and leaves what can be gone on with', async () => {
    await using home = await TemporaryFolder.make()
    const parent = path.join(home.path, 'datasets')
    const folder = path.join(parent, 'a')
    await writeDataset(folder)
    const store = storeIn(home.path)
    const page = (offset: number, limit: number) => store.duplicates({ dataset: folder, offset, limit })
    expect(await page(0, 10)).toEqual({ total: 0, side: 2, groups: [] })
    const group = (index: number) => ({
      acrossSplits: true,
      labelsDisagree: false,
      records: [
        { index, file: `${index}.png`, split: 'train', label: 0 },
        { index: 4, file: '4.png', split: 'val', label: 0 },
      ],
    })
    await writeFile(path.join(folder, 'duplicates.json'), JSON.stringify([group(0), group(1), group(2)]))
    const { total, groups } = await page(1, 1)
    expect(total).toBe(3)
    expect(groups.map(({ records }) => records.map(({ url }) => url.split('/').at(-1)))).toEqual([['1', '4']])
    await writeFile(path.join(folder, 'duplicates.json'), '[1]')
    await expect(page(0, 1)).rejects.toMatchObject({ kind: 'unreadable' })

    await mkdir(path.join(parent, '.a.partial'))
    await mkdir(path.join(parent, '.a.1234.partial'))
    await store.removeUnfinished(folder)
    expect((await readdir(parent)).sort()).toEqual(['.a.partial', 'a'])
    for (const id of ['sample:shapes', home.path]) {
      await expect(store.prepared(id)).rejects.toMatchObject({ kind: 'not-found' })
    }
    expect((await store.prepared(folder)).name).toBe('flowers')
  })

  test('a folder that is not prepared is told apart from a sample that is not made', async () => {
    await using home = await TemporaryFolder.make()
    const store = storeIn(home.path)
    expect(await store.manifest('sample:digits')).toBeNull()
    await expect(store.manifest(home.path)).rejects.toMatchObject({ kind: 'not-found', field: 'data.dataset' })
  })
})
