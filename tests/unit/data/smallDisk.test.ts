import { execFileSync, spawnSync } from 'node:child_process'
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { failureOf } from '@shared/errors'
import { datasetFiles } from '@shared/folders'
import { prepareDataset } from '@engine/data/prepare'
import { temporaryFolder } from '../formats/temporaryFolder'
import { colourPng, recordingContext } from './imageFiles'

/** A disk of its own in memory needs the administrator's rights and Linux. */
const canMount =
  process.platform === 'linux' && spawnSync('unshare', ['-m', 'true']).status === 0 && process.getuid?.() === 0

async function disk(sizeKilobytes: number): Promise<string> {
  const folder = join(await temporaryFolder(), 'disk')
  await mkdir(folder)
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeKilobytes}k`, 'tmpfs', folder])
  onTestFinished(() => void execFileSync('umount', ['--lazy', folder]))
  return folder
}

async function source(count: number): Promise<string> {
  const folder = join(await temporaryFolder(), 'colours')
  for (let image = 0; image < count; image++) {
    await mkdir(join(folder, `class${image % 2}`), { recursive: true })
    await writeFile(join(folder, `class${image % 2}`, `${image}.png`), colourPng(image, 9, 9))
  }
  return folder
}

function prepared(input: { source: string; out: string; imageSize: number }): Promise<unknown> {
  return prepareDataset({ ...input, valFraction: 0 }, recordingContext()).catch(failureOf)
}

describe.skipIf(!canMount)('preparing onto a disk', { timeout: 60_000 }, () => {
  it('that is too small ends in one sentence before any work, and the earlier dataset stays', async () => {
    const folder = await disk(2048)
    const images = await source(40)
    const input = { source: images, out: join(folder, 'set'), imageSize: 32 }
    await prepared(input)
    const before = await readFile(join(input.out, datasetFiles.manifest), 'utf8')
    expect(await prepared({ ...input, imageSize: 256 })).toMatchObject({
      kind: 'disk-full',
      message: expect.stringMatching(/^The dataset needs 7\.9 MB and its disk has 1\.\d MB free: [^.]*\.$/),
    })
    expect(await readFile(join(input.out, datasetFiles.manifest), 'utf8')).toBe(before)
    expect(await readdir(folder)).toEqual(['set'])
  })

  it('that somebody else fills meanwhile ends in one sentence, and can be gone on with', async () => {
    const folder = await disk(2048)
    const images = await source(150)
    const input = { source: images, out: join(folder, 'set'), imageSize: 32, valFraction: 0 }
    const filler = join(folder, 'filler')
    let filled = false
    const context = recordingContext((recording) => {
      const last = recording.events.at(-1)
      if (filled || last?.type !== 'progress' || last.progress.stage !== 'Preparing images') return
      filled = true
      spawnSync('dd', ['if=/dev/zero', `of=${filler}`, 'bs=4k', 'count=400'])
    })
    const failure = failureOf(await prepareDataset(input, context).catch((error: unknown) => error))
    expect(failure).toMatchObject({
      kind: 'disk-full',
      message: expect.stringMatching(/^The disk is full[^.]*\. What/),
    })
    await writeFile(filler, '')
    await prepareDataset(input, recordingContext())
    expect((await readdir(folder)).sort()).toEqual(['filler', 'set'])
  })

  it('that can only be read ends in one sentence', async () => {
    const folder = await disk(2048)
    const images = await source(10)
    const input = { source: images, out: join(folder, 'set'), imageSize: 8 }
    await prepared(input)
    execFileSync('mount', ['-o', 'remount,ro', folder])
    const before = await readdir(folder)
    for (const out of [input.out, join(folder, 'new', 'set')]) {
      expect(await prepared({ ...input, out })).toMatchObject({
        kind: 'unreadable',
        message: expect.stringMatching(/choose a folder you may write to\.$/),
      })
    }
    expect(await readdir(folder)).toEqual(before)
    // Reading from such a disk is no trouble.
    execFileSync('mount', ['-o', 'remount,rw', folder])
    await cp(images, join(folder, 'images'), { recursive: true })
    execFileSync('mount', ['-o', 'remount,ro', folder])
    const out = join(await temporaryFolder(), 'out')
    expect(await prepared({ source: join(folder, 'images'), out, imageSize: 8 })).toMatchObject({ trainCount: 10 })
  })
})
