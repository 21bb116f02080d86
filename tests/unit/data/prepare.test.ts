import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { datasetFiles } from '@shared/folders'
import { PreparedDataset } from '@engine/data/dataset'
import { prepareDataset } from '@engine/data/prepare'
import { temporaryFolder } from '../formats/temporaryFolder'
import { plainImage, recordingContext, save } from './imageFiles'

async function classFolder(folder: string, colour: string, count: number): Promise<void> {
  for (let image = 0; image < count; image++) await save(plainImage(colour), join(folder, `${image}.png`))
}

/** A source with the classes `blue` and `red`, and where to prepare it. */
async function twoClasses(count = 5): Promise<{ parent: string; source: string; out: string }> {
  const parent = await temporaryFolder()
  const source = join(parent, 'colours')
  await classFolder(join(source, 'red'), '#ff0000', count)
  await classFolder(join(source, 'blue'), '#0000ff', count)
  return { parent, source, out: join(parent, 'prepared') }
}

async function recordsOf(folder: string): Promise<{ file: string; label: string; pixel: number[] }[]> {
  const dataset = await PreparedDataset.open(folder)
  const origins = await dataset.readOrigins()
  const records = []
  for (const [index, { file }] of origins.entries()) {
    const pixels = await dataset.readRecord(index)
    const middle = (Math.floor(dataset.manifest.imageSize / 2) * dataset.manifest.imageSize + 4) * 3
    const label = dataset.manifest.classes[dataset.labels[index] ?? -1] ?? ''
    records.push({ file, label, pixel: [...pixels.subarray(middle, middle + 3)] })
  }
  await dataset.close()
  return records
}

describe('preparing a dataset', () => {
  it('splits class by class, keeps labels and pixels together, and says what the images are like', async () => {
    const { parent, source, out } = await twoClasses(5)
    const context = recordingContext()
    const manifest = await prepareDataset({ source, out, imageSize: 8, valFraction: 0.2 }, context)
    expect(manifest).toMatchObject({
      name: 'colours',
      classes: ['blue', 'red'],
      trainCount: 8,
      valCount: 2,
      classCounts: { train: [4, 4], val: [1, 1] },
      skipped: [],
    })
    expect(manifest.statistics.mean.map((mean) => mean.toFixed(3))).toEqual(['0.500', '0.000', '0.500'])
    expect(manifest.statistics.std.map((std) => std.toFixed(3))).toEqual(['0.500', '0.004', '0.500'])
    const records = await recordsOf(out)
    expect(records.map(({ label }) => label).slice(8)).toEqual(['blue', 'red'])
    for (const { file, label, pixel } of records) {
      expect(file.startsWith(`${label}/`)).toBe(true)
      expect(pixel).toEqual(label === 'red' ? [255, 0, 0] : [0, 0, 255])
    }
    expect(context.events.at(-1)).toMatchObject({ type: 'progress', progress: { done: 10, total: 10, secondsLeft: 0 } })
    expect(await readdir(parent)).toEqual(['colours', 'prepared'])
  })

  it('is the same every time for the same seed', async () => {
    const { parent, source } = await twoClasses(6)
    const prepared = async (name: string, seed: number) => {
      const out = join(parent, name)
      await prepareDataset({ source, out, imageSize: 8, valFraction: 0.3, seed }, recordingContext())
      return recordsOf(out)
    }
    const first = await prepared('one', 1)
    expect(await prepared('two', 1)).toEqual(first)
    expect(await prepared('three', 2)).not.toEqual(first)
  })

  it('takes the folders train and val as they are', async () => {
    for (const valName of ['val', 'validation', 'test']) {
      const parent = await temporaryFolder()
      const source = join(parent, 'source')
      for (const name of ['red', 'blue']) await classFolder(join(source, 'train', name), name, 3)
      for (const name of ['red', 'blue', 'green']) await classFolder(join(source, valName, name), name, 1)
      const out = join(parent, 'out')
      const manifest = await prepareDataset({ source, out, imageSize: 8, valFraction: 0.5 }, recordingContext())
      expect(manifest).toMatchObject({ classes: ['blue', 'red'], trainCount: 6, valCount: 2 })
      expect(manifest.skipped).toEqual([{ file: `${valName}/green/0.png`, reason: 'its class has no training images' }])
    }
  })

  it('knows the folders of splits in any case and by their other names, and leaves test aside beside val', async () => {
    const parent = await temporaryFolder()
    const source = join(parent, 'source', 'inner')
    const counts = { Training: 3, VALID: 2, Test: 1 }
    for (const [split, count] of Object.entries(counts)) {
      for (const name of ['red', 'blue']) await classFolder(join(source, split, name), name, count)
    }
    await mkdir(join(source, '.git'))
    await writeFile(join(source, '.git', '1.png'), 'x')
    await writeFile(join(source, 'Training', 'red', 'Thumbs.db'), 'x')
    const input = { source: join(parent, 'source'), out: join(parent, 'out'), imageSize: 8, valFraction: 0.5 }
    const manifest = await prepareDataset(input, recordingContext())
    expect(manifest).toMatchObject({ classes: ['blue', 'red'], trainCount: 6, valCount: 4, skipped: [] })
    expect(manifest.preparation?.recognised).toBe(
      'A folder of images for each class: 2 classes, “VALID” is for validation.',
    )
  })

  it('gives the WordNet numbers of Imagenette their names', async () => {
    const parent = await temporaryFolder()
    const source = join(parent, 'imagenette2-160')
    for (const split of ['train', 'val']) {
      for (const number of ['n02979186', 'n01440764', 'n02102040'])
        await classFolder(join(source, split, number), 'red', 1)
    }
    const manifest = await prepareDataset(
      { source, out: join(parent, 'out'), imageSize: 8, valFraction: 0 },
      recordingContext(),
    )
    expect(manifest.classes).toEqual(['tench', 'English springer', 'cassette player'])
    expect(manifest.classCounts).toEqual({ train: [1, 1, 1], val: [1, 1, 1] })
  })

  it('takes train as a class when it holds images itself', async () => {
    const parent = await temporaryFolder()
    for (const name of ['train', 'plane']) await classFolder(join(parent, 'source', name), 'red', 2)
    const input = { source: join(parent, 'source'), out: join(parent, 'out'), imageSize: 8, valFraction: 0 }
    expect(await prepareDataset(input, recordingContext())).toMatchObject({ classes: ['plane', 'train'], valCount: 0 })
  })

  it('leaves out what is no usable image and says why', async () => {
    const { source, out } = await twoClasses(3)
    const jpeg = await plainImage('red', 300, 200).jpeg().toBuffer()
    const noise = await sharp({
      create: {
        width: 90,
        height: 90,
        channels: 3,
        noise: { type: 'gaussian', mean: 128, sigma: 40 },
        background: 'red',
      },
    })
      .png()
      .toBuffer()
    await writeFile(join(source, 'red', 'text.jpg'), 'this is a letter')
    await writeFile(join(source, 'red', 'empty.png'), '')
    await writeFile(join(source, 'red', 'cut.png'), noise.subarray(0, noise.length / 2))
    await writeFile(join(source, 'red', 'start.jpg'), jpeg.subarray(0, 60))
    await writeFile(
      join(source, 'red', 'drawing.png'),
      '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>',
    )
    await writeFile(join(source, 'red', 'notes.txt'), 'notes')
    await writeFile(join(source, 'red', '.hidden.jpg'), 'x')
    await writeFile(join(source, 'loose.jpg'), jpeg)
    // A header that claims 60,000 × 60,000 pixels.
    const bomb = Buffer.from(noise)
    bomb.writeUInt32BE(60000, 16)
    bomb.writeUInt32BE(60000, 20)
    await writeFile(join(source, 'red', 'bomb.png'), bomb)
    const manifest = await prepareDataset({ source, out, imageSize: 8, valFraction: 0 }, recordingContext())
    expect(manifest.trainCount).toBe(6)
    const reasons = new Map(manifest.skipped.map(({ file, reason }) => [file, reason]))
    expect([...reasons.keys()]).toEqual([
      'loose.jpg',
      'red/bomb.png',
      'red/cut.png',
      'red/drawing.png',
      'red/empty.png',
      'red/notes.txt',
      'red/start.jpg',
      'red/text.jpg',
    ])
    expect(reasons.get('red/text.jpg')).toMatch(/not a JPEG, PNG/)
    expect(reasons.get('red/drawing.png')).toMatch(/not a JPEG, PNG/)
    expect(reasons.get('red/empty.png')).toBe('the file is empty')
    expect(reasons.get('red/cut.png')).toMatch(/damaged or cut off/)
    expect(reasons.get('red/notes.txt')).toMatch(/\.txt are not read/)
    expect(reasons.get('loose.jpg')).toMatch(/not in a class folder/)
  })

  it('gives both splits an image of a class when one side could not be decoded', async () => {
    const { source, out } = await twoClasses(2)
    const first = await prepareDataset({ source, out, imageSize: 8, valFraction: 0.3 }, recordingContext())
    expect(first.classCounts).toEqual({ train: [1, 1], val: [1, 1] })
    // One more image, and then each of the three in turn is broken.
    await save(plainImage('red'), join(source, 'red', '2.png'))
    for (const broken of ['0.png', '1.png', '2.png']) {
      const path = join(source, 'red', broken)
      const whole = await readFile(path)
      await writeFile(path, 'broken')
      const manifest = await prepareDataset({ source, out, imageSize: 8, valFraction: 0.3 }, recordingContext())
      expect(manifest.classCounts).toEqual({ train: [1, 1], val: [1, 1] })
      for (const { label, pixel } of await recordsOf(out)) {
        expect(pixel).toEqual(label === 'red' ? [255, 0, 0] : [0, 0, 255])
      }
      expect(manifest.statistics.mean.map((mean) => mean.toFixed(3))).toEqual(['0.500', '0.000', '0.500'])
      await writeFile(path, whole)
    }
  })

  it('reads nested folders and links once', async () => {
    const { source, out } = await twoClasses(2)
    await classFolder(join(source, 'red', 'more', 'below'), 'red', 2)
    await symlink(join(source, 'red'), join(source, 'red', 'more', 'loop'))
    const manifest = await prepareDataset({ source, out, imageSize: 8, valFraction: 0 }, recordingContext())
    expect(manifest.classCounts.train).toEqual([2, 4])
  })

  it('leaves nothing behind when it is cancelled', async () => {
    const { parent, source } = await twoClasses(20)
    const before = await readdir(parent)
    const context = recordingContext(({ cancel }) => cancel())
    const input = { source, out: join(parent, 'a', 'b', 'out'), imageSize: 8, valFraction: 0.2 }
    await expect(prepareDataset(input, context)).rejects.toMatchObject({ kind: 'cancelled' })
    expect(await readdir(parent)).toEqual(before)
  })

  it('replaces a prepared dataset and nothing else', async () => {
    const { source, out } = await twoClasses(3)
    await mkdir(out)
    await prepareDataset({ source, out, imageSize: 8, valFraction: 0 }, recordingContext())
    const again = await prepareDataset({ source, out, imageSize: 4, valFraction: 0 }, recordingContext())
    expect(again.imageSize).toBe(4)
    await writeFile(join(out, 'mine.txt'), 'keep me')
    const input = { source, out, imageSize: 8, valFraction: 0 }
    await expect(prepareDataset(input, recordingContext())).rejects.toMatchObject({ kind: 'invalid-input' })
    expect(await readFile(join(out, 'mine.txt'), 'utf8')).toBe('keep me')
    expect((await PreparedDataset.open(out).then(async (set) => (await set.close(), set))).manifest.imageSize).toBe(4)
    const inside = { ...input, out: join(source, 'prepared') }
    await expect(prepareDataset(inside, recordingContext())).rejects.toThrow(/inside the folder of images/)
    await expect(prepareDataset({ ...input, out: source }, recordingContext())).rejects.toThrow(/inside/)
  })

  it('explains in one sentence what it can not work with', async () => {
    const parent = await temporaryFolder()
    const out = join(parent, 'out')
    const failure = (source: string) =>
      expect(prepareDataset({ source: join(parent, source), out, imageSize: 8, valFraction: 0.2 }, recordingContext()))
        .rejects
    await failure('missing').toMatchObject({ kind: 'not-found', message: expect.stringMatching(/no file or folder/) })
    await writeFile(join(parent, 'file'), '')
    await failure('file').toThrow(/not a folder or archive of images/)
    await mkdir(join(parent, 'empty'))
    await failure('empty').toThrow(/holds no images: put the images of each class/)
    await save(plainImage('red'), join(parent, 'loose', '1.png'))
    await failure('loose').toThrow(/holds no images in class folders/)
    await classFolder(join(parent, 'one', 'red'), 'red', 2)
    await mkdir(join(parent, 'one', 'nothing'))
    await failure('one').toMatchObject({
      kind: 'invalid-input',
      message: expect.stringMatching(/only one class folder \(red\), and training needs at least two/),
    })
    for (const name of ['a', 'b']) {
      await mkdir(join(parent, 'broken', name), { recursive: true })
      await writeFile(join(parent, 'broken', name, '1.jpg'), 'text')
    }
    await failure('broken').toThrow(/No image can be used .*a\/1\.jpg/)
    expect((await readdir(parent)).filter((name) => name.includes('out'))).toEqual([])
  })

  it('writes only the files of the format', async () => {
    const { source, out } = await twoClasses(2)
    await prepareDataset({ source, out, imageSize: 8, valFraction: 0 }, recordingContext())
    const { manifest, images, labels, origins, duplicates } = datasetFiles
    expect(await readdir(out)).toEqual([manifest, images, labels, origins, duplicates].sort())
  })
})
