import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createWriteStream } from 'node:fs'
import { createGzip, gzipSync } from 'node:zlib'
import { pack } from 'tar-stream'
import { describe, expect, it } from 'vitest'
import { PreparedDataset } from '@engine/data/dataset'
import { prepareDataset } from '@engine/data/prepare'
import { temporaryFolder } from '../formats/temporaryFolder'
import { recordingContext } from './imageFiles'

async function prepared(source: string, imageSize?: number) {
  const out = join(await temporaryFolder(), 'out')
  await prepareDataset({ source, out, imageSize, valFraction: 0.25 }, recordingContext())
  const dataset = await PreparedDataset.open(out)
  const origins = await dataset.readOrigins()
  const pixels = await Promise.all(origins.map((_, index) => dataset.readRecord(index)))
  await dataset.close()
  const labels = [...dataset.labels].map((label) => dataset.manifest.classes[label] ?? '')
  return { manifest: dataset.manifest, files: origins.map(({ file }) => file), pixels, labels }
}

/** A record of CIFAR: label bytes, then a plane of each colour. */
function cifarRecord(labels: number[], colour: [number, number, number]): Buffer {
  return Buffer.concat([Buffer.from(labels), ...colour.map((value) => Buffer.alloc(1024, value))])
}

function idx(dimensions: number[], bytes: number[]): Buffer {
  const head = Buffer.alloc(4 + 4 * dimensions.length)
  head.writeUInt32BE(0x0800 + dimensions.length, 0)
  for (const [at, size] of dimensions.entries()) head.writeUInt32BE(size, 4 + 4 * at)
  return Buffer.concat([head, Buffer.from(bytes)])
}

const airplanes = 'airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n'

describe('archives of raw images', () => {
  it('CIFAR-10 gives its classes in their order and its pixels as they are, packed or not', async () => {
    const folder = await temporaryFolder()
    const files: [string, Buffer][] = [
      ['batches.meta.txt', Buffer.from(airplanes)],
      ['data_batch_1.bin', Buffer.concat([cifarRecord([9], [1, 2, 3]), cifarRecord([0], [4, 5, 6])])],
      ['data_batch_2.bin', cifarRecord([3], [7, 8, 9])],
      ['test_batch.bin', cifarRecord([3], [10, 11, 12])],
      ['readme.html', Buffer.from('<p>')],
    ]
    await mkdir(join(folder, 'plain'))
    for (const [name, bytes] of files) await writeFile(join(folder, 'plain', name), bytes)
    const archive = pack()
    for (const [name, bytes] of files) archive.entry({ name: `cifar-10-batches-bin/${name}` }, bytes)
    archive.finalize()
    const packed = join(folder, 'cifar-10-binary.tar.gz')
    await pipeline(archive, createGzip(), createWriteStream(packed))
    for (const source of [join(folder, 'plain'), packed, join(folder, 'plain', 'data_batch_1.bin')]) {
      const { manifest, files: names, pixels, labels } = await prepared(source)
      expect(manifest.imageSize).toBe(32)
      // Only classes with training images stay.
      expect(manifest.classes).toEqual(['airplane', 'cat', 'truck'])
      expect(labels).toEqual(['truck', 'airplane', 'cat', 'cat'])
      expect(manifest).toMatchObject({ trainCount: 3, valCount: 1 })
      expect(manifest.preparation?.recognised).toMatch(/^CIFAR-10 in its binary version: 10 classes/)
      expect(names[1]).toMatch(/data_batch_1\.bin#1$/)
      expect(pixels.map((record) => [...record.subarray(0, 6)])).toEqual([
        [1, 2, 3, 1, 2, 3],
        [4, 5, 6, 4, 5, 6],
        [7, 8, 9, 7, 8, 9],
        [10, 11, 12, 10, 11, 12],
      ])
    }
    expect((await prepared(packed, 8)).pixels[0]?.subarray(0, 3)).toEqual(Uint8Array.of(1, 2, 3))
  })

  it('CIFAR-100 takes the fine label', async () => {
    const folder = await temporaryFolder()
    await writeFile(join(folder, 'fine_label_names.txt'), 'apple\naquarium_fish\nbaby\n')
    await writeFile(
      join(folder, 'train.bin'),
      Buffer.concat([cifarRecord([7, 2], [1, 1, 1]), cifarRecord([7, 0], [2, 2, 2])]),
    )
    await writeFile(join(folder, 'test.bin'), cifarRecord([0, 2], [3, 3, 3]))
    const { manifest, labels } = await prepared(folder)
    expect(manifest.classes).toEqual(['apple', 'baby'])
    expect(labels).toEqual(['baby', 'apple', 'baby'])
  })

  it('CIFAR that is damaged, or for Python, is refused with what to do', async () => {
    const folder = await temporaryFolder()
    await writeFile(join(folder, 'data_batch_1.bin'), cifarRecord([9], [1, 2, 3]).subarray(1))
    await expect(prepared(folder)).rejects.toThrow(/data_batch_1\.bin is damaged or cut off/)
    const forPython = await temporaryFolder()
    for (const name of ['batches.meta', 'data_batch_1']) await writeFile(join(forPython, name), 'x')
    await expect(prepared(forPython)).rejects.toThrow(/version for Python.*binary version/)
  })

  it('MNIST is grey in three channels, Fashion-MNIST has names', async () => {
    for (const [folderName, packed, classes] of [
      ['mnist', false, ['2', '7']],
      ['FashionMNIST', true, ['Pullover', 'Sneaker']],
    ] as const) {
      const folder = join(await temporaryFolder(), folderName)
      await mkdir(folder)
      const save = (name: string, bytes: Buffer) =>
        writeFile(join(folder, packed ? `${name}.gz` : name), packed ? gzipSync(bytes) : bytes)
      await save('train-images-idx3-ubyte', idx([3, 2, 2], [0, 1, 2, 3, 40, 50, 60, 70, 9, 9, 9, 9]))
      await save('train-labels-idx1-ubyte', idx([3], [7, 2, 7]))
      await save('t10k-images-idx3-ubyte', idx([1, 2, 2], [5, 6, 7, 8]))
      await save('t10k-labels-idx1-ubyte', idx([1], [2]))
      const { manifest, pixels, labels } = await prepared(folder)
      expect(manifest).toMatchObject({ imageSize: 2, classes, trainCount: 3, valCount: 1 })
      expect(labels).toEqual([classes[1], classes[0], classes[1], classes[0]])
      expect([...(pixels[1] ?? [])]).toEqual([40, 40, 40, 50, 50, 50, 60, 60, 60, 70, 70, 70])
    }
  })

  it('idx files that do not fit each other are refused', async () => {
    const folder = await temporaryFolder()
    await writeFile(join(folder, 'train-images-idx3-ubyte'), idx([2, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8]))
    for (const labels of [idx([1], [1]), idx([2], [1]), Buffer.from('labels')]) {
      await writeFile(join(folder, 'train-labels-idx1-ubyte'), labels)
      await expect(prepared(folder)).rejects.toThrow(/train-images-idx3-ubyte is damaged or cut off/)
    }
  })
})
