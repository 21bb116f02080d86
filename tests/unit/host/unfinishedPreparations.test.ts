import { mkdir, readdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { UnfinishedPreparations } from '../../../src/main/host/unfinishedPreparations'
import { TemporaryFolder } from '../../support/temporaryFolder'

const header = {
  format: 1,
  source: '/pictures/flowers.zip',
  name: 'Flowers',
  imageSize: 64,
  plan: 'abc',
  total: 5,
  seed: 3,
  valFraction: 0.1,
  background: '#ffffff',
}

async function unfinished(parent: string, name: string, lines: readonly unknown[]): Promise<void> {
  const folder = path.join(parent, `.${name}.partial`)
  await mkdir(folder, { recursive: true })
  await writeFile(path.join(folder, 'journal.jsonl'), lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
  await writeFile(path.join(folder, 'images.u8'), Buffer.alloc(10_000))
}

describe('UnfinishedPreparations', () => {
  test('lists what can be gone on with, and how far it is', async () => {
    await using home = await TemporaryFolder.make()
    await unfinished(home.path, 'flowers', [header, { position: 0 }, { position: 1 }])
    await unfinished(home.path, 'broken', ['no header'])
    await mkdir(path.join(home.path, 'whole'))
    await mkdir(path.join(home.path, '.empty.partial'))
    const preparations = new UnfinishedPreparations(home.path)
    const [only, ...others] = await preparations.list()
    expect(others).toEqual([])
    expect(only).toMatchObject({
      dataset: path.join(home.path, 'flowers'),
      source: '/pictures/flowers.zip',
      name: 'Flowers',
      imageSize: 64,
      done: 2,
      total: 5,
    })
    expect(only?.sizeBytes).toBeGreaterThan(10_000)
    expect(await preparations.header(path.join(home.path, 'flowers'))).toEqual(header)
    await expect(preparations.header(path.join(home.path, 'whole'))).rejects.toMatchObject({ kind: 'not-found' })
  })

  test('discards only what is below its folder', async () => {
    await using home = await TemporaryFolder.make()
    const parent = path.join(home.path, 'datasets')
    await unfinished(parent, 'flowers', [header])
    await unfinished(home.path, 'outside', [header])
    const preparations = new UnfinishedPreparations(parent)
    await preparations.discard(path.join(parent, 'flowers'))
    expect(await readdir(parent)).toEqual([])
    for (const dataset of [path.join(home.path, 'outside'), path.join(parent, '..', 'outside'), 'outside']) {
      await expect(preparations.discard(dataset)).rejects.toMatchObject({ kind: 'not-found' })
    }
    expect((await readdir(home.path)).sort()).toEqual(['.outside.partial', 'datasets'])
  })

  test('is empty where there is no folder yet', async () => {
    expect(await new UnfinishedPreparations('/no/such/folder').list()).toEqual([])
  })
})
