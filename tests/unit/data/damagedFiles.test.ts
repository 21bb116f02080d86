import { execFileSync } from 'node:child_process'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { PreparedDataset } from '@engine/data/dataset'
import { prepareDataset } from '@engine/data/prepare'
import { temporaryFolder } from '../formats/temporaryFolder'
import { plainImage, recordingContext, save } from './imageFiles'

/** A picture that compresses badly, so that its second half matters. */
function noise(width = 90, height = 90) {
  const type = { type: 'gaussian', mean: 128, sigma: 40 } as const
  return sharp({ create: { width, height, channels: 3, noise: type, background: 'red' } })
}

describe('a folder of damaged files', () => {
  it('is prepared without them, and each is named with its reason', async () => {
    const parent = await temporaryFolder()
    const source = join(parent, 'source')
    const red = join(source, 'red')
    for (const name of ['red', 'blue']) {
      for (const image of ['1', '2']) await save(plainImage(name), join(source, name, `${image}.png`))
    }
    const png = await noise().png().toBuffer()
    const jpeg = await noise().jpeg({ quality: 95 }).toBuffer()
    const tooManyPixels = Buffer.from(png)
    tooManyPixels.writeUInt32BE(60_000, 16)
    tooManyPixels.writeUInt32BE(60_000, 20)
    const wrongChecksum = Buffer.from(png)
    wrongChecksum.fill(0, png.length >> 1, (png.length >> 1) + 40)
    const bitmap = Buffer.alloc(70)
    bitmap.write('BM')
    const files: Record<string, [content: string | Buffer, reason: RegExp]> = {
      'empty.png': ['', /^the file is empty$/],
      'text.jpg': ['this is a letter', /^it is not a JPEG, PNG/],
      'page.png': ['<html><body>404</body></html>', /^it is not a JPEG, PNG/],
      'drawing.png': ['<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>', /^it is not a JPEG, PNG/],
      'cut.png': [png.subarray(0, png.length / 2), /damaged or cut off/],
      'cut.jpg': [jpeg.subarray(0, jpeg.length / 2), /damaged or cut off/],
      'start.jpg': [jpeg.subarray(0, 60), /damaged or cut off/],
      'cut.webp': [(await noise().webp({ lossless: true }).toBuffer()).subarray(0, 900), /damaged or cut off/],
      'cut.gif': [(await noise().gif().toBuffer()).subarray(0, 700), /damaged or cut off/],
      'cut.tiff': [(await noise().tiff({ compression: 'lzw' }).toBuffer()).subarray(0, 900), /damaged|not a JPEG/],
      'cut.avif': [(await noise().avif().toBuffer()).subarray(0, 500), /damaged|not a JPEG/],
      'spoilt.png': [wrongChecksum, /damaged or cut off/],
      'bomb.png': [tooManyPixels, /more than 100 million pixels/],
      'picture.bmp': [bitmap, /^files of the kind \.bmp are not read$/],
      'bitmap.jpg': [bitmap, /^it is not a JPEG, PNG/],
    }
    for (const [name, [content]] of Object.entries(files)) await writeFile(join(red, name), content)
    await symlink(join(parent, 'nowhere'), join(red, 'lost.png'))
    execFileSync('mkfifo', [join(red, 'pipe.png')])
    const input = { source, out: join(parent, 'out'), imageSize: 8, valFraction: 0.5 }
    const manifest = await prepareDataset(input, recordingContext())
    expect(manifest).toMatchObject({ trainCount: 2, valCount: 2 })
    const reasons = new Map(manifest.skipped.map(({ file, reason }) => [file, reason]))
    expect(reasons.get('red/lost.png')).toBe('the link leads nowhere')
    expect(reasons.get('red/pipe.png')).toBe('it is not a file')
    for (const [name, [, reason]] of Object.entries(files)) expect(reasons.get(`red/${name}`), name).toMatch(reason)
    expect(reasons.size).toBe(Object.keys(files).length + 2)
  })

  it('with names of any length and script, loops of links and mislabelled kinds is read', async () => {
    const parent = await temporaryFolder()
    const source = join(parent, 'source')
    const names = ['Ünïcode 图片 🖼.png', `${'n'.repeat(250)}.png`, 'quote"\'back.png', 'no extension']
    for (const [index, name] of names.entries()) {
      await mkdir(join(source, 'a'), { recursive: true })
      await writeFile(
        join(source, 'a', name),
        await plainImage('#102030', 10 + index)
          .png()
          .toBuffer(),
      )
    }
    await save(plainImage('red'), join(source, 'b', '1.png'))
    await writeFile(join(source, 'b', 'really-png.jpg'), await plainImage('#00ff00').png().toBuffer())
    await symlink(source, join(source, 'b', 'up'))
    await symlink('..', join(source, 'b', 'above'))
    // Two ways to each of many folders: without care there were 2 to the 30th.
    for (let level = 0; level < 30; level++) {
      const folder = join(source, 'b', `level${level}`)
      await mkdir(folder)
      for (const way of ['left', 'right']) await symlink(`../level${level + 1}`, join(folder, way))
    }
    const input = { source, out: join(parent, 'out'), imageSize: 8, valFraction: 0 }
    const manifest = await prepareDataset(input, recordingContext())
    expect(manifest.classCounts.train).toEqual([4, 2])
    const dataset = await PreparedDataset.open(input.out)
    const files = (await dataset.readOrigins()).map(({ file }) => file)
    await dataset.close()
    for (const name of names) expect(files).toContain(`a/${name}`)
  })

  it('shows transparent pixels over the chosen colour', async () => {
    const parent = await temporaryFolder()
    const source = join(parent, 'source')
    for (const name of ['a', 'b']) await save(plainImage('#000000').ensureAlpha(0), join(source, name, '1.png'))
    const input = { source, out: join(parent, 'out'), imageSize: 4, valFraction: 0, background: '#0a141e' }
    await prepareDataset(input, recordingContext())
    const dataset = await PreparedDataset.open(input.out)
    expect([...(await dataset.readRecord(1)).subarray(0, 3)]).toEqual([10, 20, 30])
    await dataset.close()
  })
})
