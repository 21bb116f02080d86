import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
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
      augment: new Map([...batch.augment].map(([name, values]) => [name, values.slice()])),
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
    for (const start of [1, 4, 5])
      expect(await collect(loader.epoch(1, { fromBatch: start }))).toEqual(whole.slice(start))
    expect(await collect(loader.epoch(1, { fromBatch: 6 }))).toEqual([])
  })

  it('draws for a record alike whatever the size of its batch', async () => {
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

  it('feeds a recipe the same way, with nothing drawn for padding', async () => {
    const loader = await loaderOf({ augment: 'tutorial', side: 3 })
    const batches = await collect(loader.epoch(0))
    expect(await collect(loader.epoch(0, { fromBatch: 3 }))).toEqual(batches.slice(3))
    expect(loader.plan.geometry).toBe('warp')
    const [first, , , , , last] = batches
    expect([...(first?.augment.keys() ?? [])]).toEqual(['augment-warp', ...loader.plan.stages.map(({ name }) => name)])
    const brightness = loader.plan.stages.find(({ kind }) => kind === 'brightness')
    const factors = last?.augment.get(brightness?.name ?? '') ?? new Float32Array()
    expect(factors).toHaveLength(4 * 2)
    expect([...factors].map((value) => value > 0)).toEqual([true, true, true, true, true, true, false, false])
  })

  it('gives every class equally often when that is asked for, in an order of its own each epoch', async () => {
    const folder = join(await temporaryFolder(), 'set')
    const dataset = await numberedDataset(folder, { trainCount: 23, valCount: 9, side })
    // Records are labelled by their number modulo three; class 2 is left with two images.
    for (let record = 5; record < 23; record++) if (dataset.labels[record] === 2) dataset.labels[record] = 0
    const loader = await loaderOf({ dataset, sampling: 'balanced', shuffle: false })
    const records = async (epoch: number) => (await collect(loader.epoch(epoch))).flatMap(recordsOf)
    const first = await records(0)
    expect(first).toHaveLength(23)
    const counts = [0, 1, 2].map((label) => first.filter((record) => dataset.labels[record] === label).length)
    expect(counts.sort()).toEqual([7, 8, 8])
    expect(new Set(first.filter((record) => dataset.labels[record] === 2))).toEqual(new Set([2]))
    expect(await records(1)).not.toEqual(first)
    expect(await records(0)).toEqual(first)
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
