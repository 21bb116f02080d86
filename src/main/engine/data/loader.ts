import { recipeOf, type AugmentChoice } from '@shared/config/augmentPresets'
import type { AugmentRecipe } from '@shared/config/augmentRecipe'
import type { SplitName } from '@shared/contract/records'
import { VitrineError } from '@shared/errors'
import { SeededRandom } from '@shared/random'
import { drawOperations } from './augment/draw'
import { augmentPlan, emptyAugmentValues, packDrawn, type AugmentPlan } from './augment/plan'
import { balancedOrder } from './balancedOrder'
import type { PreparedDataset } from './dataset'

export interface Batch {
  /** `[batchSize, side, side, 3]`, whole records; zero from `count` on. */
  images: Uint8Array
  /** `[batchSize]`; zero from `count` on. */
  labels: Int32Array
  /** `[batchSize, 4]`: the crop of each record, see `CropBox`. */
  boxes: Float32Array
  /** What the plan of the augmentation takes besides, by name; see `augmentInputShapes`. */
  augment: ReadonlyMap<string, Float32Array>
  /** Records in this batch: `batchSize`, or fewer in the last. */
  count: number
}

export interface BatchLoaderOptions {
  dataset: PreparedDataset
  split: SplitName
  batchSize: number
  seed: number
  shuffle: boolean
  /** `balanced` draws every class equally often, whatever `shuffle` says. */
  sampling?: 'shuffle' | 'balanced'
  augment: AugmentChoice
  /** Side of the model's input in pixels; the records' where it is left out. */
  side?: number
  /** Leave out the images that don't fill a last batch. */
  dropLast: boolean
  /** Batches that are being read while one is worked on. */
  readAhead?: number
}

/** For the padding of a last batch. */
const nothingDrawn: AugmentRecipe = { operations: [] }

interface Slot extends Batch {
  reading: Promise<void>
}

/**
 * Batches of one split. Order and augmentation depend only on seed, epoch and place in the epoch, so
 * any batch of any epoch can be made again on its own.
 */
export class BatchLoader {
  readonly batchesPerEpoch: number
  /** Of the split, ascending. */
  private readonly records: Uint32Array
  private readonly ring: Slot[] = []
  private readonly readAhead: number
  private readonly recipe: AugmentRecipe
  private readonly side: number
  /** What the training step must be traced for. */
  readonly plan: AugmentPlan
  private busy = false

  /** @throws VitrineError `invalid-input` when `dropLast` would leave not a single batch. */
  constructor(private readonly options: BatchLoaderOptions) {
    const { dataset, split, batchSize, dropLast } = options
    this.records = dataset.recordsOf(split)
    this.readAhead = options.readAhead ?? 2
    this.side = options.side ?? dataset.manifest.imageSize
    this.recipe = recipeOf(options.augment)
    this.plan = augmentPlan(this.recipe, this.side)
    const count = this.records.length
    const batches = count / batchSize
    this.batchesPerEpoch = dropLast ? Math.floor(batches) : Math.ceil(batches)
    if (this.batchesPerEpoch === 0 && count > 0) {
      throw new VitrineError(
        'invalid-input',
        `A batch of ${batchSize} is larger than the ${count} images: choose a batch size of at most ${count}.`,
        { field: 'train.batchSize' },
      )
    }
  }

  /**
   * The batches of one epoch from `fromBatch` on, the same as in the whole epoch. A batch's arrays are valid until the next one is
   * asked for: their memory goes round. The reads of the next `readAhead` batches are in the
   * system's hands before a batch is given out, so they go on while the caller blocks the thread.
   */
  async *epoch(
    epochIndex: number,
    { fromBatch = 0 }: { fromBatch?: number } = {},
  ): AsyncGenerator<Batch, void, undefined> {
    if (this.busy) throw new RangeError('the last epoch of this loader has not been finished')
    this.busy = true
    const underway: Slot[] = []
    try {
      const order = this.order(epochIndex)
      let next = fromBatch
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
    const { seed, shuffle, sampling, dataset } = this.options
    const { records } = this
    if (sampling === 'balanced') {
      const labels = Int32Array.from(records, (record) => dataset.labels[record] ?? 0)
      const random = SeededRandom.stream(seed, 'balanced', epochIndex)
      return balancedOrder(labels, random).map((position) => records[position] ?? 0)
    }
    if (!shuffle) return records
    const order = SeededRandom.stream(seed, 'shuffle', epochIndex).permutation(records.length)
    return order.map((position) => records[position] ?? 0)
  }

  private start(order: Uint32Array, epochIndex: number, batchIndex: number): Slot {
    const { dataset, batchSize, seed } = this.options
    const slot = this.slot(batchIndex)
    const first = batchIndex * batchSize
    const records = order.subarray(first, first + batchSize)
    slot.count = records.length
    slot.images.fill(0, records.length * dataset.recordBytes)
    slot.labels.fill(0, records.length)
    for (let row = 0; row < batchSize; row++) {
      const record = records[row]
      if (record !== undefined) slot.labels[row] = dataset.labels[record] ?? 0
      const recipe = record === undefined ? nothingDrawn : this.recipe
      const random = SeededRandom.stream(seed, 'augment', epochIndex, first + row)
      const recordSide = dataset.manifest.imageSize
      const drawn = drawOperations(recipe, recordSide, this.side, random)
      slot.boxes.set(packDrawn(this.plan, drawn, { recordSide, side: this.side }, slot.augment, row), row * 4)
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
      augment: emptyAugmentValues(this.plan, batchSize),
      count: 0,
      reading: Promise.resolve(),
    })
  }
}
