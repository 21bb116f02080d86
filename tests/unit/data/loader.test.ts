import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { SeededRandom } from '@shared/random'
import { drawCropBox, lightAugmentation, wholeRecord } from '@engine/data/cropBox'
import { BatchLoader, type Batch, type BatchLoaderOptions } from '@engine/data/loader'
import { temporaryFolder } from '../formats/temporaryFolder'
import { numberedDataset } from './imageFiles'

const side = 4
const recordBytes = side * side * 3

async function loaderOf(options: Partial<BatchLoaderOptions> = {}): Promise<BatchLoader> {
  const folder = join(await temporaryFolder(), 'set')
  const dataset = options.dataset ?? (await numberedDataset(folder, { trainCount: 23, valCount: 9, side }))
  onTestFinished(() => dataset.close())
  return new BatchLoader({
    split: 'train',
    batchSize: 4,
    seed: 7,
    shuffle: true,
    augment: 'light',
    dropLast: false,
    ...options,
    dataset,
  })
}

/** Batches are copied, because their memory is used again. */
async function collect(batches: AsyncIterable<Batch>): Promise<Batch[]> {
  const all: Batch[] = []
  for await (const batch of batches) {
    all.push({
      count: batch.count,
      images: batch.images.slice(),
      labels: batch.labels.slice(),
      boxes: batch.boxes.slice(),
    })
  }
  return all
}

/** The records of a batch, which have their number in every byte. */
function recordsOf({ images, count }: Batch): number[] {
  return Array.from({ length: count }, (_, row) => {
    const record = images.subarray(row * recordBytes, (row + 1) * recordBytes)
    expect(new Set(record).size).toBe(1)
    return record[0] ?? -1
  })
}

const upTo = (count: number, start = 0) => Array.from({ length: count }, (_, index) => start + index)

describe('batch loader', () => {
  it('gives every image of the split once, with its label, and pads the last batch', async () => {
    const loader = await loaderOf()
    expect(loader.batchesPerEpoch).toBe(6)
    const batches = await collect(loader.epoch(0))
    expect(batches.map(({ count }) => count)).toEqual([4, 4, 4, 4, 4, 3])
    const records = batches.flatMap(recordsOf)
    expect(records).not.toEqual(upTo(23))
    expect(records.sort((a, b) => a - b)).toEqual(upTo(23))
    for (const batch of batches) {
      for (const [row, record] of recordsOf(batch).entries()) expect(batch.labels[row]).toBe(record % 3)
    }
    const last = batches[5]
    expect(last?.images.subarray(3 * recordBytes)).toEqual(new Uint8Array(recordBytes))
    expect(last?.labels[3]).toBe(0)
    expect([...(last?.boxes.subarray(12) ?? [])]).toEqual([0, 0, 1, 1])
  })

  it('keeps the order and the whole record where nothing is asked for', async () => {
    const loader = await loaderOf({ split: 'val', shuffle: false, augment: 'none' })
    const batches = await collect(loader.epoch(3))
    expect(batches.flatMap(recordsOf)).toEqual(upTo(9, 23))
    for (const { boxes } of batches) expect([...boxes]).toEqual([0, 1, 2, 3].flatMap(() => [0, 0, 1, 1]))
  })

  it('gives the same batches for the same seed, others for another seed or epoch', async () => {
    const first = await collect((await loaderOf()).epoch(2))
    expect(await collect((await loaderOf()).epoch(2))).toEqual(first)
    expect(await collect((await loaderOf()).epoch(1))).not.toEqual(first)
    expect(await collect((await loaderOf({ seed: 8 })).epoch(2))).not.toEqual(first)
  })

  it('starts anywhere as if the batches before had been skipped', async () => {
    const loader = await loaderOf()
    const whole = await collect(loader.epoch(1))
    for (const start of [1, 4, 5]) expect(await collect(loader.epoch(1, start))).toEqual(whole.slice(start))
    expect(await collect(loader.epoch(1, 6))).toEqual([])
  })

  it('crops a record alike whatever the size of its batch', async () => {
    const boxesOf = async (batchSize: number) => {
      const batches = await collect((await loaderOf({ batchSize })).epoch(0))
      const boxes = batches.flatMap((batch) =>
        recordsOf(batch).map((record, row): [number, number[]] => [
          record,
          [...batch.boxes.slice(row * 4, row * 4 + 4)],
        ]),
      )
      return new Map(boxes)
    }
    expect(await boxesOf(5)).toEqual(await boxesOf(2))
  })

  it('leaves out an incomplete batch, and says when that would be all', async () => {
    const loader = await loaderOf({ dropLast: true })
    expect(loader.batchesPerEpoch).toBe(5)
    expect(await collect(loader.epoch(0))).toHaveLength(5)
    await expect(loaderOf({ batchSize: 24, dropLast: true })).rejects.toMatchObject({
      kind: 'invalid-input',
      field: 'train.batchSize',
      message: expect.stringContaining('at most 23'),
    })
  })

  it('has the reads of the next batches under way before it gives one out, in memory that goes round', async () => {
    const folder = join(await temporaryFolder(), 'set')
    const dataset = await numberedDataset(folder, { trainCount: 20, valCount: 0, side })
    const read = dataset.readRecords.bind(dataset)
    const targets: Uint8Array[] = []
    dataset.readRecords = (indices, target) => {
      targets.push(target)
      return read(indices, target)
    }
    const loader = await loaderOf({ dataset, batchSize: 2, readAhead: 2 })
    let given = 0
    for await (const batch of loader.epoch(0)) {
      given++
      expect(targets).toHaveLength(Math.min(10, given + 2))
      expect(batch.images).toBe(targets[given - 1])
    }
    expect(new Set(targets).size).toBe(3)
  })

  it('can be left in the middle and used again', async () => {
    const loader = await loaderOf()
    for await (const batch of loader.epoch(0)) if (batch.count > 0) break
    expect(await collect(loader.epoch(0))).toHaveLength(6)
    const running = loader.epoch(0)
    await running.next()
    await expect(loader.epoch(1).next()).rejects.toThrow(RangeError)
    await running.return()
  })
})

describe('crop boxes', () => {
  it('are whole pixels of the record, of the drawn area and ratio, mirrored half of the time', () => {
    const random = new SeededRandom(1)
    const count = 4000
    let mirrored = 0
    let areas = 0
    for (let draw = 0; draw < count; draw++) {
      const [y1, x1, y2, x2] = drawCropBox(64, random, lightAugmentation)
      if (x1 > x2) mirrored++
      const pixels = [y1, y2, Math.min(x1, x2), Math.max(x1, x2)].map((place) => place * 63)
      for (const pixel of pixels) expect(Math.abs(pixel - Math.round(pixel))).toBeLessThan(1e-9)
      const [top = 0, bottom = 0, left = 0, right = 0] = pixels
      expect(Math.min(top, left)).toBeGreaterThanOrEqual(0)
      expect(Math.max(bottom, right)).toBeLessThanOrEqual(63 + 1e-9)
      const [height, width] = [bottom - top + 1, right - left + 1]
      // Rounding to whole pixels widens the drawn ranges a little.
      expect(width / height).toBeGreaterThan(0.88)
      expect(width / height).toBeLessThan(1.07)
      areas += (width * height) / 64 ** 2
    }
    expect(mirrored / count).toBeGreaterThan(0.46)
    expect(mirrored / count).toBeLessThan(0.54)
    expect(areas / count).toBeGreaterThan(0.84)
    expect(areas / count).toBeLessThan(0.9)
  })

  it('of the whole record are exact', () => {
    const whole = drawCropBox(64, new SeededRandom(1), { area: [1, 1], ratio: [1, 1], flipProbability: 0 })
    expect(whole).toEqual(wholeRecord)
    const mirrored = drawCropBox(64, new SeededRandom(1), { area: [1, 1], ratio: [1, 1], flipProbability: 1 })
    expect(mirrored).toEqual([0, 1, 1, 0])
  })
})
