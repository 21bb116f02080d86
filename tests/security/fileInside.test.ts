import { execFile } from 'node:child_process'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { failureOf } from '@shared/errors'
import { DatasetStore } from '../../src/main/host/datasetStore'
import { openInside } from '../../src/main/host/fileInside'
import { datasetManifest } from '../support/records'
import { TemporaryFolder } from '../support/temporaryFolder'

const run = promisify(execFile)

let folder: TemporaryFolder
let root: string
beforeEach(async () => {
  folder = await TemporaryFolder.make()
  root = path.join(folder.path, 'root')
  await mkdir(path.join(root, 'inner'), { recursive: true })
  await writeFile(path.join(root, 'inner', 'file.txt'), 'inside')
  await writeFile(path.join(folder.path, 'secret.txt'), 'outside')
  await mkdir(path.join(folder.path, 'root-beside'))
  await writeFile(path.join(folder.path, 'root-beside', 'file.txt'), 'outside')
})
afterEach(() => folder[Symbol.asyncDispose]())

async function read(...names: string[]): Promise<string> {
  const handle = await openInside(root, ...names)
  try {
    return await handle.readFile('utf8')
  } finally {
    await handle.close()
  }
}

async function refusal(...names: string[]): Promise<string> {
  return failureOf(await read(...names).catch((error: unknown) => error)).kind
}

describe('openInside', () => {
  test('opens files of the folder, also where the folder is a link to another place', async () => {
    expect(await read('inner', 'file.txt')).toBe('inside')
    await symlink(root, path.join(folder.path, 'link'))
    const handle = await openInside(path.join(folder.path, 'link'), 'inner', 'file.txt')
    expect(await handle.readFile('utf8')).toBe('inside')
    await handle.close()
  })

  test('follows links that stay inside and none that lead out', async () => {
    await symlink(path.join(root, 'inner'), path.join(root, 'same'))
    expect(await read('same', 'file.txt')).toBe('inside')
    await symlink('../secret.txt', path.join(root, 'leak.txt'))
    await symlink(folder.path, path.join(root, 'up'))
    await symlink('/proc/self/environ', path.join(root, 'environment'))
    await symlink('loop', path.join(root, 'loop'))
    for (const names of [
      ['leak.txt'],
      ['up', 'secret.txt'],
      ['environment'],
      ['loop'],
      ['up', 'root-beside', 'file.txt'],
    ]) {
      expect(await refusal(...names), names.join('/')).toBe('not-found')
    }
  })

  test('opens nothing that is no plain file, and does not wait for it', { timeout: 10_000 }, async () => {
    await run('mkfifo', [path.join(root, 'pipe')])
    await symlink('/dev/zero', path.join(root, 'endless'))
    for (const name of ['pipe', 'endless', 'inner', '.', 'nothing', 'x'.repeat(5_000), '../secret.txt']) {
      expect(await refusal(name), name.slice(0, 20)).toBe('not-found')
    }
    expect(await refusal('..', 'root-beside', 'file.txt')).toBe('not-found')
  })

  test('keeps pixels of a dataset from being those of another file', async () => {
    const dataset = path.join(folder.path, 'datasets', 'flowers')
    await mkdir(dataset, { recursive: true })
    await writeFile(path.join(dataset, 'dataset.json'), JSON.stringify(datasetManifest()))
    await writeFile(path.join(folder.path, 'private.bin'), Buffer.alloc(1000, 7))
    await symlink('../../private.bin', path.join(dataset, 'images.u8'))
    const trash = () => Promise.reject(new Error('no trash here'))
    const datasets = new DatasetStore({ home: folder.path, trash })
    const failure = failureOf(await datasets.readRecord(dataset, 0).catch((error: unknown) => error))
    expect(failure.kind).toBe('not-found')
  })
})
