import { createWriteStream } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip, gzipSync } from 'node:zlib'
import { pack, type Headers } from 'tar-stream'
import { describe, expect, it } from 'vitest'
import { prepareDataset } from '@engine/data/prepare'
import { zipFile } from '../../support/zipFile'
import { temporaryFolder } from '../formats/temporaryFolder'
import { plainImage, recordingContext } from './imageFiles'

async function tarFile(path: string, members: readonly [string | Headers, Buffer][]): Promise<void> {
  const archive = pack()
  for (const [header, bytes] of members) archive.entry(typeof header === 'string' ? { name: header } : header, bytes)
  archive.finalize()
  const gzip = path.endsWith('gz') ? [createGzip()] : []
  await pipeline([archive, ...gzip, createWriteStream(path)])
}

const png = (colour: string) => plainImage(colour).png().toBuffer()

/** Four images of two classes below a folder, with what systems put into archives. */
async function members(): Promise<[string, Buffer][]> {
  const [red, blue] = [await png('#ff0000'), await png('#0000ff')]
  return [
    ['colours/red/1.png', red],
    ['colours/red/2.png', red],
    ['colours/blue/ä b.png', blue],
    [`colours/blue/${'long'.repeat(50)}.png`, blue],
    ['__MACOSX/colours/red/._1.png', Buffer.from('x')],
    ['colours/.DS_Store', Buffer.from('x')],
  ]
}

async function prepared(source: string) {
  const parent = await temporaryFolder()
  const out = join(parent, 'out')
  const manifest = await prepareDataset({ source, out, imageSize: 8, valFraction: 0.5 }, recordingContext())
  // Nothing of the archive stays on the disk.
  expect(await readdir(parent)).toEqual(['out'])
  expect(await readdir(out)).not.toContain('unpacked.u8')
  return manifest
}

async function refusal(source: string) {
  const parent = await temporaryFolder()
  const input = { source, out: join(parent, 'out'), imageSize: 8, valFraction: 0.5 }
  const failure: unknown = await prepareDataset(input, recordingContext()).catch((error: unknown) => error)
  expect(await readdir(parent)).toEqual([])
  return failure
}

describe('archives', () => {
  it('are read as the folder in them, whatever their name says', async () => {
    const folder = await temporaryFolder()
    const zipped = (await members()).map(([name, bytes]) => ({ name, bytes }))
    await writeFile(join(folder, 'colours.zip'), zipFile(zipped))
    await tarFile(join(folder, 'colours.tar'), await members())
    await tarFile(join(folder, 'colours.tar.gz'), await members())
    await tarFile(join(folder, 'colours.tgz'), await members())
    await writeFile(join(folder, 'zip-without-a-name'), zipFile(zipped))
    for (const name of await readdir(folder)) {
      const manifest = await prepared(join(folder, name))
      expect(manifest, name).toMatchObject({ classes: ['blue', 'red'], trainCount: 2, valCount: 2, skipped: [] })
      expect(manifest.name).toBe(name.startsWith('zip') ? name : 'colours')
      expect(manifest.statistics.mean.map((mean) => mean.toFixed(2))).toEqual(['0.50', '0.00', '0.50'])
    }
  })

  it('are not left: paths outside, absolute ones and links are listed and not followed', async () => {
    const folder = await temporaryFolder()
    const image = await png('#00ff00')
    const outside = ['../escaped.png', 'colours/red/../../../escaped.png', '/etc/escaped.png', '..\\escaped.png']
    const good = await members()
    await writeFile(
      join(folder, 'slip.zip'),
      zipFile([
        ...good.map(([name, bytes]) => ({ name, bytes })),
        ...outside.map((name) => ({ name, bytes: image })),
        { name: 'colours/red/link.png', bytes: Buffer.from('/etc/passwd'), mode: 0o120777 },
      ]),
    )
    await tarFile(join(folder, 'slip.tar.gz'), [
      ...good,
      ...outside.map((name): [string, Buffer] => [name, image]),
      [{ name: 'colours/red/link.png', type: 'symlink', linkname: '/etc/passwd' }, Buffer.alloc(0)],
      [{ name: 'colours/red/hard.png', type: 'link', linkname: '../../../../etc/passwd' }, Buffer.alloc(0)],
      [{ name: 'colours/red/pipe.png', type: 'fifo' }, Buffer.alloc(0)],
      [{ name: 'colours/red/disk.png', type: 'block-device', devmajor: 8, devminor: 0 }, Buffer.alloc(0)],
      [{ name: 'colours/red/memory.png', type: 'character-device', devmajor: 1, devminor: 1 }, Buffer.alloc(0)],
    ])
    for (const name of ['slip.zip', 'slip.tar.gz']) {
      const manifest = await prepared(join(folder, name))
      expect(manifest).toMatchObject({ classes: ['blue', 'red'], trainCount: 2, valCount: 2 })
      const reasons = new Map(manifest.skipped.map(({ file, reason }) => [file, reason]))
      for (const path of ['../escaped.png', '/etc/escaped.png', 'colours/red/../../../escaped.png']) {
        expect(reasons.get(path), `${name} ${path}`).toBe('its path leads outside of the archive')
      }
      expect(reasons.get('colours/red/link.png')).toBe('links in archives are not followed')
      if (!name.endsWith('gz')) continue
      for (const kind of ['pipe', 'disk', 'memory']) {
        expect(reasons.get(`colours/red/${kind}.png`)).toBe('it is not a file')
      }
    }
    expect((await readdir(folder)).sort()).toEqual(['slip.tar.gz', 'slip.zip'])
  })

  it('that would grow beyond all measure are refused before they do', async () => {
    const folder = await temporaryFolder()
    const zeros = Buffer.alloc(2 ** 20)
    const claimedSize = 2 ** 31
    await writeFile(
      join(folder, 'bomb.zip'),
      zipFile([0, 1, 2].map((index) => ({ name: `a/${index}.png`, bytes: zeros, claimedSize }))),
    )
    // 80 MB of nothing, a thousandth of that in the archive.
    await tarFile(
      join(folder, 'bomb.tar.gz'),
      Array.from({ length: 80 }, (_, index): [string, Buffer] => [`a/${index}.png`, zeros]),
    )
    for (const name of ['bomb.zip', 'bomb.tar.gz']) {
      expect(await refusal(join(folder, name)), name).toMatchObject({
        kind: 'invalid-input',
        message: expect.stringMatching(/is not unpacked, because it would grow to more than 100 times its size/),
      })
    }
  })

  it('with single damaged files give the others', async () => {
    const folder = await temporaryFolder()
    const image = await png('#00ff00')
    const good = (await members()).map(([name, bytes]) => ({ name, bytes }))
    const damaged = [
      { name: 'colours/red/checksum.png', bytes: image, checksum: 1 },
      { name: 'colours/red/size.png', bytes: image, claimedSize: image.length + 5 },
      { name: 'colours/red/secret.png', bytes: image, encrypted: true },
    ]
    await writeFile(join(folder, 'a.zip'), zipFile([...damaged, ...good]))
    const manifest = await prepared(join(folder, 'a.zip'))
    expect(manifest.trainCount + manifest.valCount).toBe(4)
    expect(manifest.skipped).toEqual([
      { file: 'colours/red/checksum.png', reason: 'its place in the archive is damaged' },
      { file: 'colours/red/secret.png', reason: 'it is encrypted' },
      { file: 'colours/red/size.png', reason: 'its place in the archive is damaged' },
    ])
  })

  it('that are cut off or of another kind are refused in one sentence', async () => {
    const folder = await temporaryFolder()
    const path = (name: string) => join(folder, name)
    await tarFile(path('whole.tar'), await members())
    const whole = await readFile(path('whole.tar'))
    await writeFile(path('cut.tar'), whole.subarray(0, 1500))
    await writeFile(path('cut.tar.gz'), gzipSync(whole).subarray(0, 400))
    const zip = zipFile((await members()).map(([name, bytes]) => ({ name, bytes })))
    await writeFile(path('cut.zip'), zip.subarray(0, zip.length - 60))
    for (const name of ['cut.tar', 'cut.tar.gz', 'cut.zip']) {
      expect(await refusal(path(name)), name).toMatchObject({
        kind: 'unreadable',
        message: expect.stringMatching(new RegExp(`${name} is damaged or cut off: get it again\\.$`)),
      })
    }
    await writeFile(path('a.7z'), Buffer.from([0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c]))
    expect(await refusal(path('a.7z'))).toMatchObject({ message: expect.stringMatching(/packed as 7z.*unpack it/) })
    await writeFile(path('a.gz'), gzipSync('a letter'))
    await writeFile(path('a.txt'), 'a letter')
    await writeFile(path('empty'), '')
    for (const name of ['a.gz', 'a.txt', 'empty']) {
      expect(await refusal(path(name))).toMatchObject({
        kind: 'invalid-input',
        message: expect.stringMatching(/is not a folder or archive of images: choose a folder/),
      })
    }
    await writeFile(path('none.zip'), zipFile([{ name: 'notes.txt', bytes: Buffer.from('x') }]))
    expect(await refusal(path('none.zip'))).toMatchObject({ message: expect.stringMatching(/holds no images/) })
  })
})
