import type { SplitName } from '@shared/contract/records'
import { VitrineError } from '@shared/errors'
import { SeededRandom } from '@shared/random'
import { drawCropBox, lightAugmentation, wholeRecord } from './cropBox'
import type { PreparedDataset } from './dataset'

export interface Batch {
  /** `[batchSize, side, side, 3]`, whole records; zero from `count` on. */
  images: Uint8Array
  /** `[batchSize]`; zero from `count` on. */
  labels: Int32Array
  /** `[batchSize, 4]`: the crop of each record, see `CropBox`. */
  boxes: Float32Array
  /** Records in this batch: `batchSize`, or fewer in the last. */
  count: number
}

export interface BatchLoaderOptions {
  dataset: PreparedDataset
  split: SplitName
  batchSize: number
  seed: number
  shuffle: boolean
  augment: 'none' | 'light'
  /** Leave out the images that don't fill a last batch. */
  dropLast: boolean
  /** Batches that are being read while one is worked on. */
  readAhead?: number
}

interface Slot extends Batch {
  reading: Promise<void>
}

/**
 * Batches of one split. Order and crops depend only on seed, epoch and record, so any batch of any
 * epoch can be made again on its own.
 */
export class BatchLoader {
  readonly batchesPerEpoch: number
  private readonly range: { start: number; count: number }
  private readonly ring: Slot[] = []
  private readonly readAhead: number
  private busy = false

  /** @throws VitrineError `invalid-input` when `dropLast` would leave not a single batch. */
  constructor(private readonly options: BatchLoaderOptions) {
    const { dataset, split, batchSize, dropLast } = options
    this.range = dataset.splitRange(split)
    this.readAhead = options.readAhead ?? 2
    const batches = this.range.count / batchSize
    this.batchesPerEpoch = dropLast ? Math.floor(batches) : Math.ceil(batches)
    if (this.batchesPerEpoch === 0 && this.range.count > 0) {
      throw new VitrineError(
        'invalid-input',
        `A batch of ${batchSize} is larger than the ${this.range.count} images: choose a batch size of at most ${this.range.count}.`,
        { field: 'train.batchSize' },
      )
    }
  }

  /**
   * The batches of one epoch from `startBatch` on. A batch's arrays are valid until the next one is
   * asked for: their memory goes round. The reads of the next `readAhead` batches are in the
   * system's hands before a batch is given out, so they go on while the caller blocks the thread.
   */
  async *epoch(epochIndex: number, startBatch = 0): AsyncGenerator<Batch, void, undefined> {
    if (this.busy) throw new RangeError('the last epoch of this loader has not been finished')
    this.busy = true
    const underway: Slot[] = []
    try {
      const order = this.order(epochIndex)
      let next = startBatch
      while (next < this.batchesPerEpoch || underway.length > 0) {
        while (next < this.batchesPerEpoch && underway.length <= this.readAhead) {
          underway.push(this.start(order, epochIndex, next))
          next++
        }
        const batch = underway.shift()
        if (batch === undefined) return
        await batch.reading
        yield batch
      }
    } finally {
      // The memory is free for the next epoch only when nothing is being read into it.
      await Promise.allSettled(underway.map((slot) => slot.reading))
      this.busy = false
    }
  }

  /** Records of the split in the order of an epoch. */
  private order(epochIndex: number): Uint32Array {
    const { seed, shuffle } = this.options
    const { start, count } = this.range
    const order = shuffle
      ? SeededRandom.stream(seed, 'shuffle', epochIndex).permutation(count)
      : Uint32Array.from({ length: count }, (_, position) => position)
    return order.map((position) => start + position)
  }

  private start(order: Uint32Array, epochIndex: number, batchIndex: number): Slot {
    const { dataset, batchSize, seed, augment } = this.options
    const slot = this.slot(batchIndex)
    const records = order.subarray(batchIndex * batchSize, (batchIndex + 1) * batchSize)
    slot.count = records.length
    slot.images.fill(0, records.length * dataset.recordBytes)
    slot.labels.fill(0, records.length)
    for (let row = 0; row < batchSize; row++) {
      const record = records[row]
      if (record !== undefined) slot.labels[row] = dataset.labels[record] ?? 0
      const box =
        record === undefined || augment === 'none'
          ? wholeRecord
          : drawCropBox(
              dataset.manifest.imageSize,
              SeededRandom.stream(seed, 'crop', epochIndex, record),
              lightAugmentation,
            )
      slot.boxes.set(box, row * 4)
    }
    slot.reading = dataset.readRecords(records, slot.images)
    // A failure is thrown when its batch is due; until then it must not count as unhandled.
    slot.reading.catch(() => undefined)
    return slot
  }

  /** One batch is with the caller while `readAhead` are read; the one before is free again. */
  private slot(batchIndex: number): Slot {
    const { dataset, batchSize } = this.options
    const position = batchIndex % (this.readAhead + 1)
    return (this.ring[position] ??= {
      images: new Uint8Array(batchSize * dataset.recordBytes),
      labels: new Int32Array(batchSize),
      boxes: new Float32Array(batchSize * 4),
      count: 0,
      reading: Promise.resolve(),
    })
  }
}
