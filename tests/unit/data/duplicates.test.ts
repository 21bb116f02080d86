import { copyFile, mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { duplicateGroupSchema } from '@shared/contract/records'
import { datasetFiles } from '@shared/folders'
import { PreparedDataset } from '@engine/data/dataset'
import { prepareDataset } from '@engine/data/prepare'
import { resolveDuplicates } from '@engine/data/resolveDuplicates'
import { temporaryFolder } from '../formats/temporaryFolder'
import { plainImage, recordingContext, save } from './imageFiles'

/**
 * Training: a/1 = a/2 (another format of the same pixels), a/3, b/1, b/2. Validation: a/9 = a/1,
 * b/8 = b/1, b/9 = a/3 under another class, a/7 alone.
 */
async function withDuplicates(): Promise<string> {
  const parent = await temporaryFolder()
  const source = join(parent, 'source')
  const at = (file: string) => join(source, file)
  await save(plainImage('#100000'), at('train/a/1.png'))
  await save(plainImage('#100000').webp({ lossless: true }), at('train/a/2.webp'))
  await save(plainImage('#200000'), at('train/a/3.png'))
  await save(plainImage('#300000'), at('train/b/1.png'))
  await save(plainImage('#400000'), at('train/b/2.png'))
  await save(plainImage('#500000'), at('val/a/7.png'))
  await mkdir(at('val/b'), { recursive: true })
  await copyFile(at('train/a/1.png'), at('val/a/9.png'))
  await copyFile(at('train/b/1.png'), at('val/b/8.png'))
  await copyFile(at('train/a/3.png'), at('val/b/9.png'))
  const out = join(parent, 'out')
  await prepareDataset({ source, out, imageSize: 8, valFraction: 0 }, recordingContext())
  return out
}

async function records(folder: string): Promise<string[]> {
  const dataset = await PreparedDataset.open(folder)
  const origins = await dataset.readOrigins()
  const described = await Promise.all(
    origins.map(async ({ file }, index) => {
      const split = index < dataset.manifest.trainCount ? 'train' : 'val'
      const red = (await dataset.readRecord(index))[0] ?? 0
      return `${split} ${dataset.labels[index]} ${file} ${red.toString(16)}`
    }),
  )
  await dataset.close()
  return described
}

async function groupsIn(folder: string) {
  return z.array(duplicateGroupSchema).parse(JSON.parse(await readFile(join(folder, datasetFiles.duplicates), 'utf8')))
}

describe('duplicates', () => {
  it('are found within and across splits, with their classes', async () => {
    const out = await withDuplicates()
    const dataset = await PreparedDataset.open(out)
    await dataset.close()
    expect(dataset.manifest.duplicates).toEqual({ groups: 3, surplus: 4, acrossSplits: 3, conflicting: 1 })
    const groups = await groupsIn(out)
    const described = groups.map(({ records: members, acrossSplits, labelsDisagree }) => [
      members.map(({ file, split }) => `${split}:${file}`).join(' '),
      acrossSplits,
      labelsDisagree,
    ])
    expect(described).toEqual([
      ['train:train/a/1.png train:train/a/2.webp val:val/a/9.png', true, false],
      ['train:train/a/3.png val:val/b/9.png', true, true],
      ['train:train/b/1.png val:val/b/8.png', true, false],
    ])
  })

  it('are moved out of validation', async () => {
    const out = await withDuplicates()
    const manifest = await resolveDuplicates(out, 'move-to-train', recordingContext())
    expect(await records(out)).toEqual([
      'train 0 train/a/1.png 10',
      'train 0 train/a/2.webp 10',
      'train 0 train/a/3.png 20',
      'train 1 train/b/1.png 30',
      'train 1 train/b/2.png 40',
      'train 0 val/a/9.png 10',
      'train 1 val/b/8.png 30',
      'train 1 val/b/9.png 20',
      'val 0 val/a/7.png 50',
    ])
    expect(manifest).toMatchObject({
      trainCount: 8,
      valCount: 1,
      classCounts: { train: [4, 4], val: [1, 0] },
      duplicates: { groups: 3, surplus: 4, acrossSplits: 0, conflicting: 1 },
    })
    const red = (0x10 * 3 + 0x20 * 2 + 0x30 * 2 + 0x40) / 8 / 255
    expect(manifest.statistics.mean[0]).toBeCloseTo(red, 10)
    expect(await resolveDuplicates(out, 'move-to-train', recordingContext())).toEqual(manifest)
  })

  it('are dropped but for one, and all where classes contradict each other', async () => {
    const out = await withDuplicates()
    const manifest = await resolveDuplicates(out, 'drop', recordingContext())
    expect(await records(out)).toEqual([
      'train 0 train/a/1.png 10',
      'train 1 train/b/1.png 30',
      'train 1 train/b/2.png 40',
      'val 0 val/a/7.png 50',
    ])
    expect(manifest).toMatchObject({ trainCount: 3, valCount: 1, duplicates: { groups: 0, surplus: 0 } })
    expect(await groupsIn(out)).toEqual([])
  })

  it('stay where they are when that is cancelled, or nothing would be left', async () => {
    const out = await withDuplicates()
    const before = await records(out)
    const context = recordingContext(({ cancel }) => cancel())
    await expect(resolveDuplicates(out, 'drop', context)).rejects.toMatchObject({ kind: 'cancelled' })
    expect(await records(out)).toEqual(before)
    expect((await readdir(join(out, '..'))).sort()).toEqual(['out', 'source'])

    const parent = await temporaryFolder()
    for (const name of ['a', 'b']) await save(plainImage('red'), join(parent, 'source', name, '1.png'))
    const all = join(parent, 'out')
    await prepareDataset({ source: join(parent, 'source'), out: all, imageSize: 8, valFraction: 0 }, recordingContext())
    await expect(resolveDuplicates(all, 'drop', recordingContext())).rejects.toThrow(/No training image would be left/)
    expect(await records(all)).toHaveLength(2)
  })
})
