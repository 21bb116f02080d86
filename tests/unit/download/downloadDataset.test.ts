import { defaultSettings } from '@shared/contract/settings'
import { createHash } from 'node:crypto'
import { readFile, readdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { pack } from 'tar-stream'
import { describe, expect, it } from 'vitest'
import { downloadDataset } from '@engine/data/download/downloadDataset'
import { archiveAddress, publishedAddress, publishedDatasets } from '@shared/datasets/catalogue'
import { Downloads } from '../../../src/main/host/downloads'
import { TemporaryFolder } from '../../support/temporaryFolder'
import { colourPng, recordingContext } from '../data/imageFiles'
import { checksumOf, FileServer, serving } from './fileServer'

/** An archive laid out as Imagenette's: WordNet numbers as class folders, its own validation images. */
async function smallImagenette(): Promise<Buffer> {
  const archive = pack()
  for (const [index, folder] of ['train/n01440764', 'train/n03028079', 'val/n01440764', 'val/n03028079'].entries()) {
    for (const number of [1, 2, 3]) {
      const png = colourPng(index * 0x101010 + number, 12, 8)
      archive.entry({ name: `imagenette2-160/${folder}/${number}.JPEG` }, png)
    }
  }
  archive.finalize()
  const chunks: Buffer[] = []
  for await (const chunk of archive) chunks.push(chunk)
  return gzipSync(Buffer.concat(chunks))
}

describe('downloadDataset', () => {
  it('fetches an archive over broken connections, prepares it with its real names, and keeps the archive', async () => {
    await using home = await TemporaryFolder.make()
    const bytes = await smallImagenette()
    await using server = await FileServer.start(serving(bytes, { cutAfter: 500 }), serving(bytes))
    const archive = path.join(home.path, 'downloads', 'imagenette2-160.tgz')
    server.part = `${archive}.part`
    const input = {
      address: server.address,
      archive,
      checksum: checksumOf(bytes),
      aboutBytes: bytes.length,
      images: 12,
      out: path.join(home.path, 'datasets', 'imagenette'),
      imageSize: 16,
    }
    const manifest = await downloadDataset(input, recordingContext())
    expect(manifest).toMatchObject({
      classes: ['tench', 'church'],
      trainCount: 6,
      valCount: 6,
      imageSize: 16,
      source: archive,
      skipped: [],
    })
    expect(server.requests).toHaveLength(2)
    expect(await readdir(path.join(home.path, 'downloads'))).toEqual(['imagenette2-160.tgz'])
    // A second size needs no second download.
    await downloadDataset(
      { ...input, out: path.join(home.path, 'datasets', 'small'), imageSize: 8 },
      recordingContext(),
    )
    expect(server.requests).toHaveLength(2)
  })

  it('refuses before the download what the disk has no room for', async () => {
    await using home = await TemporaryFolder.make()
    const bytes = await smallImagenette()
    await using server = await FileServer.start(serving(bytes))
    const input = {
      address: server.address,
      archive: path.join(home.path, 'downloads', 'imagenette2.tgz'),
      checksum: checksumOf(bytes),
      aboutBytes: bytes.length,
      images: 1e12,
      out: path.join(home.path, 'datasets', 'imagenette'),
      imageSize: 1024,
    }
    await expect(downloadDataset(input, recordingContext())).rejects.toMatchObject({ kind: 'disk-full' })
    expect((await readFile(`${input.archive}.part`)).length).toBe(0)
  })
})

describe('the catalogue', () => {
  it('names each archive once, with a checksum of its kind', () => {
    expect(publishedDatasets.map(({ fileName }) => fileName)).toEqual([
      'imagenette2-160.tgz',
      'imagenette2-320.tgz',
      'imagenette2.tgz',
      'imagewoof2-160.tgz',
      'imagewoof2-320.tgz',
      'imagewoof2.tgz',
    ])
    const digests = publishedDatasets.map(({ checksum }) => checksum.digest)
    expect(new Set(digests).size).toBe(6)
    for (const digest of digests) expect(digest).toHaveLength(createHash('md5').digest('hex').length)
    expect(archiveAddress('https://example.org/data', 'a.tgz')).toBe('https://example.org/data/a.tgz')
    expect(archiveAddress('https://example.org/data/', 'a.tgz')).toBe('https://example.org/data/a.tgz')
  })
})

describe('Downloads', () => {
  it('tells what is there of each archive, where it comes from, and removes it', async () => {
    await using folder = await TemporaryFolder.make()
    await writeFile(path.join(folder.path, 'imagenette2-160.tgz'), 'whole')
    await writeFile(path.join(folder.path, 'imagewoof2.tgz.part'), 'par')
    await writeFile(path.join(folder.path, 'imagewoof2.tgz.part.json'), '{}')
    const downloads = new Downloads(folder.path, { get: () => defaultSettings })
    const there = (await downloads.list()).filter(({ haveBytes }) => haveBytes > 0)
    expect(there).toEqual([
      { id: 'imagenette-160', haveBytes: 5, isWhole: true },
      { id: 'imagewoof-full', haveBytes: 3, isWhole: false },
    ])
    await downloads.remove('imagewoof-full')
    expect(await readdir(folder.path)).toEqual(['imagenette2-160.tgz'])
    await expect(downloads.remove('mnist')).rejects.toMatchObject({ kind: 'not-found' })
    expect(downloads.find('imagewoof-320').address).toBe(`${publishedAddress}imagewoof2-320.tgz`)
    const mirrored = new Downloads(folder.path, {
      get: () => ({ ...defaultSettings, downloadAddress: 'http://127.0.0.1:8000/mirror' }),
    })
    expect(mirrored.find('imagewoof-320').address).toBe('http://127.0.0.1:8000/mirror/imagewoof2-320.tgz')
  })
})
