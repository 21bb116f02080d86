import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { datasetFiles } from '@shared/folders'
import { PreparedDataset } from '@engine/data/dataset'
import { temporaryFolder } from '../formats/temporaryFolder'
import { numberedDataset } from './imageFiles'

const sizes = { trainCount: 7, valCount: 3, side: 4 }

describe('prepared dataset', () => {
  it('reads records in any order, masks and origins', async () => {
    const folder = join(await temporaryFolder(), 'set')
    const dataset = await numberedDataset(folder, sizes)
    expect([...dataset.labels]).toEqual([0, 1, 2, 0, 1, 2, 0, 1, 2, 0])
    expect(dataset.splitRange('val')).toEqual({ start: 7, count: 3 })
    const target = new Uint8Array(5 * dataset.recordBytes)
    await dataset.readRecords([9, 0, 1, 2, 8], target)
    const firsts = [0, 1, 2, 3, 4].map((row) => target.subarray(row * 48, (row + 1) * 48))
    for (const [row, record] of [9, 0, 1, 2, 8].entries()) expect(new Set(firsts[row])).toEqual(new Set([record]))
    expect(await dataset.readRecord(5)).toEqual(new Uint8Array(48).fill(5))
    expect(await dataset.readMask(3)).toEqual(new Uint8Array(16).fill(1))
    expect((await dataset.readOrigins())[4]).toEqual({ file: '4', width: 4, height: 4 })
    await expect(dataset.readRecords([10], target)).rejects.toThrow(RangeError)
    await dataset.close()
  })

  it('says when there is no dataset, or its files do not fit', async () => {
    const parent = await temporaryFolder()
    const folder = join(parent, 'set')
    await expect(PreparedDataset.open(folder)).rejects.toMatchObject({
      kind: 'not-found',
      field: 'data.dataset',
      message: expect.stringContaining('vitrine prepare'),
    })
    await (await numberedDataset(folder, sizes)).close()
    expect(await readdir(parent)).toEqual(['set'])

    const spoil = async (file: string, text: string) => {
      const path = join(folder, file)
      const before = await readFile(path)
      await writeFile(path, text)
      await expect(PreparedDataset.open(folder)).rejects.toMatchObject({
        kind: 'unreadable',
        message: expect.stringContaining(file),
      })
      await writeFile(path, before)
    }
    await spoil(datasetFiles.manifest, '{')
    await spoil(datasetFiles.labels, '[0,1]')
    await spoil(datasetFiles.labels, '[0,1,2,0,1,2,0,1,2,3]')
    await spoil(datasetFiles.images, 'short')
    await spoil(datasetFiles.masks, 'short')
    await rm(join(folder, datasetFiles.labels))
    await expect(PreparedDataset.open(folder)).rejects.toMatchObject({ kind: 'unreadable' })
  })

  it('notices a file that shrinks while it is open', async () => {
    const folder = join(await temporaryFolder(), 'set')
    const dataset = await numberedDataset(folder, sizes)
    await truncate(join(folder, datasetFiles.images), 100)
    await expect(dataset.readRecord(8)).rejects.toMatchObject({ kind: 'unreadable' })
    await dataset.close()
  })
})
