import { spawn } from 'node:child_process'
import { hash } from 'node:crypto'
import { once } from 'node:events'
import {
  appendFile,
  cp,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { datasetFiles, preparationFiles, preparationFolderName } from '@shared/folders'
import { prepareDataset } from '@engine/data/prepare'
import { NodeBundle } from '../../support/nodeBundle'
import { temporaryFolder } from '../formats/temporaryFolder'
import { colourPng, recordingContext, type RecordingContext } from './imageFiles'

/** A source with two classes, every image of another colour, and one that is damaged. */
async function colours(count: number): Promise<{ parent: string; source: string; out: string; partial: string }> {
  const parent = await temporaryFolder()
  const source = join(parent, 'colours')
  for (const name of ['even', 'odd']) await mkdir(join(source, name), { recursive: true })
  for (let image = 0; image < count; image++) {
    const name = `${image % 2 === 0 ? 'even' : 'odd'}/${image}.png`
    await writeFile(join(source, name), colourPng((image * 0x10307) % 0x1000000, 30 + (image % 5), 20))
  }
  await writeFile(join(source, 'odd', 'damaged.png'), 'x')
  const out = join(parent, 'prepared')
  return { parent, source, out, partial: join(parent, preparationFolderName('prepared')) }
}

const settings = { imageSize: 16, valFraction: 0.2 }

/** All of a dataset but the moment it was made. */
async function contents(folder: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {}
  for (const name of (await readdir(folder)).sort()) {
    const bytes = await readFile(join(folder, name))
    const text = bytes.toString('latin1').replace(/"createdAt": "[^"]*"/, '')
    files[name] = name === datasetFiles.images ? hash('sha256', bytes) : text
  }
  return files
}

/** Cancels when so many images are done. */
function cancelAfter(count: number): RecordingContext {
  return recordingContext((context) => {
    const last = context.events.at(-1)
    if (last?.type === 'progress' && last.progress.stage === 'Preparing images' && last.progress.done >= count)
      context.cancel()
  })
}

function messages({ events }: RecordingContext): string[] {
  return events.flatMap((event) => (event.type === 'log' ? [event.message] : []))
}

describe('an interrupted preparation', { timeout: 240_000 }, () => {
  it('goes on where it was cancelled and gives the same bytes as an undisturbed one', async () => {
    const { parent, source, out, partial } = await colours(90)
    const whole = join(parent, 'whole')
    await prepareDataset({ source, out: whole, ...settings }, recordingContext())
    await expect(prepareDataset({ source, out, ...settings }, cancelAfter(40))).rejects.toMatchObject({
      kind: 'cancelled',
      message: expect.stringMatching(/prepare the same images again to go on where it stopped/),
    })
    expect((await readdir(partial)).sort()).toEqual([datasetFiles.images, preparationFiles.journal].sort())
    const context = recordingContext()
    await prepareDataset({ source, out, ...settings }, context)
    expect(await contents(out)).toEqual(await contents(whole))
    const reused = messages(context).map((message) => /^(\d+) of 91 images were there already/.exec(message)?.[1])
    expect(Number(reused.find((count) => count !== undefined))).toBeGreaterThanOrEqual(40)
    expect((await readdir(parent)).sort()).toEqual(['colours', 'prepared', 'whole'])
  })

  it('trusts no record that is not what the journal says, and no journal of other settings', async () => {
    const { parent, source, out, partial } = await colours(90)
    const whole = join(parent, 'whole')
    await prepareDataset({ source, out: whole, ...settings }, recordingContext())
    await expect(prepareDataset({ source, out, ...settings }, cancelAfter(60))).rejects.toThrow(/cancelled/)
    // As after a power cut: the journal is ahead of the records and its last line is torn.
    const images = join(partial, datasetFiles.images)
    await truncate(images, Math.floor((await stat(images)).size / 3))
    await appendFile(join(partial, preparationFiles.journal), '{"position":1,"sta')
    // And a file has changed meanwhile.
    await writeFile(join(source, 'even', '0.png'), colourPng(0xabcdef, 9, 9))
    await prepareDataset({ source, out: whole, ...settings }, recordingContext())
    await prepareDataset({ source, out, ...settings }, recordingContext())
    expect(await contents(out)).toEqual(await contents(whole))

    await rm(out, { recursive: true })
    await expect(prepareDataset({ source, out, ...settings }, cancelAfter(60))).rejects.toThrow(/cancelled/)
    const context = recordingContext()
    const manifest = await prepareDataset({ source, out, ...settings, imageSize: 8 }, context)
    expect(manifest.imageSize).toBe(8)
    expect(messages(context)).toHaveLength(1)
  })

  it('begins anew when it stopped while its records were put in order', async () => {
    const { parent, source, out, partial } = await colours(60)
    const whole = join(parent, 'whole')
    await prepareDataset({ source, out: whole, ...settings }, recordingContext())
    await expect(prepareDataset({ source, out, ...settings }, cancelAfter(30))).rejects.toThrow(/cancelled/)
    await appendFile(join(partial, preparationFiles.journal), '{"arranging":true}\n')
    const context = recordingContext()
    await prepareDataset({ source, out, ...settings }, context)
    expect(messages(context)).toHaveLength(1)
    expect(await contents(out)).toEqual(await contents(whole))
  })

  it('leaves the earlier dataset as it was, and gives an old one back that a killed process had set aside', async () => {
    const { parent, source, out, partial } = await colours(60)
    await prepareDataset({ source, out, ...settings }, recordingContext())
    const before = await contents(out)
    await expect(prepareDataset({ source, out, ...settings, seed: 7 }, cancelAfter(20))).rejects.toThrow(/cancelled/)
    expect(await contents(out)).toEqual(before)
    await rename(out, `${partial}.old`)
    await expect(prepareDataset({ source, out, ...settings, seed: 7 }, cancelAfter(20))).rejects.toThrow(/cancelled/)
    expect(await contents(out)).toEqual(before)
    await prepareDataset({ source, out, ...settings, seed: 7 }, recordingContext())
    expect((await readdir(parent)).sort()).toEqual(['colours', 'prepared'])
  })

  it('is not entered by two at a time', async () => {
    const { source, out } = await colours(30)
    const first = prepareDataset({ source, out, ...settings }, recordingContext())
    await expect(prepareDataset({ source, out, ...settings }, recordingContext())).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringMatching(/is being prepared already/),
    })
    await first
  })

  it('of a killed process gives the same bytes as an undisturbed one', async () => {
    const { parent, source, out, partial } = await colours(200)
    const whole = join(parent, 'whole')
    // Large records take longer than the kill.
    const settings = { imageSize: 256, valFraction: 0.2 }
    await prepareDataset({ source, out: whole, ...settings }, recordingContext())
    await using program = await NodeBundle.build('src/main/engine/cli.ts')
    const { imageSize, valFraction } = settings
    const words = [source, '--out', out, '--size', String(imageSize), '--val', String(valFraction)]
    const child = spawn(process.execPath, [program.entry, 'prepare', ...words])
    try {
      const journal = join(partial, preparationFiles.journal)
      await vi.waitFor(async () => expect((await readFile(journal, 'utf8')).split('\n').length).toBeGreaterThan(60), {
        timeout: 120_000,
        interval: 5,
      })
    } finally {
      child.kill('SIGKILL')
    }
    await once(child, 'exit')
    expect(await readdir(partial)).toContain(preparationFiles.owner)
    const context = recordingContext()
    await prepareDataset({ source, out, ...settings }, context)
    expect(await contents(out)).toEqual(await contents(whole))
    expect(messages(context).join()).toMatch(/images were there already/)
  })
})

describe('a dataset that is prepared again', { timeout: 240_000 }, () => {
  it('decodes only what is new or has changed, and is what a fresh one is', async () => {
    const { parent, source, out } = await colours(30)
    await prepareDataset({ source, out, ...settings }, recordingContext())
    await writeFile(join(source, 'even', '2.png'), colourPng(0x123456, 9, 9))
    await writeFile(join(source, 'even', 'new.png'), colourPng(0x654321, 9, 9))
    await rm(join(source, 'odd', '1.png'))
    await writeFile(join(source, 'odd', 'damaged.png'), colourPng(0x00ff00, 9, 9))
    // Only the time differs, so it is read again.
    const touched = new Date(Date.now() - 60_000)
    await utimes(join(source, 'even', '4.png'), touched, touched)
    const context = recordingContext()
    await prepareDataset({ source, out, ...settings }, context)
    expect(messages(context)).toContain('27 of 31 images were there already; 4 were new, changed or unusable.')
    const fresh = join(parent, 'fresh')
    await prepareDataset({ source, out: fresh, ...settings }, recordingContext())
    expect(await contents(out)).toEqual(await contents(fresh))
    // Another background makes other pixels.
    const other = recordingContext()
    await prepareDataset({ source, out, ...settings, background: '#000000' }, other)
    expect(messages(other)).toHaveLength(1)
  })

  it('decodes all of another source', async () => {
    const { source, out, parent } = await colours(20)
    await prepareDataset({ source, out, ...settings }, recordingContext())
    const copy = join(parent, 'copy')
    await cp(source, copy, { recursive: true, preserveTimestamps: true })
    const context = recordingContext()
    expect((await prepareDataset({ source: copy, out, ...settings }, context)).name).toBe('copy')
    expect(messages(context)).toHaveLength(1)
  })
})
