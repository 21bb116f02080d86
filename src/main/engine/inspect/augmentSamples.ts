import { recipeOf, type AugmentChoice } from '@shared/config/augmentPresets'
import { VitrineError } from '@shared/errors'
import { SeededRandom } from '@shared/random'
import { byteTensor, tf } from '@engine/backend/tensorflow'
import { augmentedInput, augmentTensors } from '@engine/data/augment/apply'
import { drawOperations, type DrawnOperation } from '@engine/data/augment/draw'
import { augmentPlan, emptyAugmentValues, packDrawn, plainPlan } from '@engine/data/augment/plan'
import type { PreparedDataset } from '@engine/data/dataset'
import type { RgbImage } from './overlay'

interface SampleRequest {
  augment: AugmentChoice
  /** Null for the dataset's. */
  imageSize: number | null
  /** Null for images from all over the training split. */
  record: number | null
  count: number
  seed: number
}

interface AugmentedImage {
  record: number
  label: string
  before: RgbImage
  after: RgbImage
  operations: string[]
}

/**
 * Training images as a recipe makes them, by the ops of the training step.
 * @throws VitrineError `not-found` for a record that isn't there, `invalid-input` for a recipe that the image is too small for
 */
export async function augmentSamples(dataset: PreparedDataset, request: SampleRequest): Promise<AugmentedImage[]> {
  const { classes, imageSize: recordSide } = dataset.manifest
  const records = chooseRecords(dataset, request)
  const bytes = new Uint8Array(records.length * dataset.recordBytes)
  for (const [row, record] of records.entries()) {
    bytes.set(await dataset.readRecord(record), row * dataset.recordBytes)
  }
  const side = request.imageSize ?? recordSide
  const recipe = recipeOf(request.augment)
  const drawn = records.map((_, row) =>
    drawOperations(recipe, recordSide, side, SeededRandom.stream(request.seed, 'augment-sample', row)),
  )
  const { before, after } = pictures(bytes, records.length, recordSide, side, request.augment, drawn)
  return records.map((record, row) => ({
    record,
    label: classes[dataset.labels[record] ?? -1] ?? '',
    before: pictureAt(before, row, side),
    after: pictureAt(after, row, side),
    operations: drawn[row]?.flatMap(operationWords) ?? [],
  }))
}

function chooseRecords(dataset: PreparedDataset, { record, count, seed }: SampleRequest): number[] {
  const { start, count: available } = dataset.splitRange('train')
  if (record === null) {
    const order = SeededRandom.stream(seed, 'augment-records').permutation(available)
    return [...order.subarray(0, count)].map((place) => start + place)
  }
  if (record >= dataset.count) {
    throw new VitrineError(
      'not-found',
      `The dataset has ${dataset.count} images: choose an image below ${dataset.count}.`,
    )
  }
  return Array.from({ length: count }, () => record)
}

/** All images as they are and as they were drawn, [count, side, side, 3] bytes. */
function pictures(
  bytes: Uint8Array,
  count: number,
  recordSide: number,
  side: number,
  augment: AugmentChoice,
  drawn: readonly (readonly DrawnOperation[])[],
): { before: Uint8Array; after: Uint8Array } {
  const plan = augmentPlan(recipeOf(augment), side)
  const values = emptyAugmentValues(plan, count)
  const boxes = Float32Array.from(
    drawn.flatMap((operations, row) => [...packDrawn(plan, operations, { recordSide, side }, values, row)]),
  )
  // Leaves pixels from 0 to 255.
  const normalize = { mean: [0, 0, 0], std: [1 / 255, 1 / 255, 1 / 255] }
  return tf.tidy(() => {
    const images = byteTensor(bytes, [count, recordSide, recordSide, 3])
    const whole = tf.tensor2d(Array.from({ length: count }, () => [0, 0, 1, 1]))
    const input = augmentTensors(plan, values, count)
    const plain = augmentedInput(images, whole, input, { plan: plainPlan, side, normalize })
    const augmented = augmentedInput(images, tf.tensor2d(boxes, [count, 4]), input, { plan, side, normalize })
    return { before: Uint8Array.from(rounded(plain)), after: Uint8Array.from(rounded(augmented)) }
  })
}

function rounded(pixels: tf.Tensor): ArrayLike<number> {
  return tf.clipByValue(tf.round(pixels), 0, 255).dataSync()
}

function pictureAt(pixels: Uint8Array, row: number, side: number): RgbImage {
  const area = side * side * 3
  return { width: side, height: side, pixels: pixels.slice(row * area, (row + 1) * area) }
}

/** "rotate degrees 5.2"; the stretch to the model's input that every image gets is left out. */
function operationWords({ operation, recipeIndex }: DrawnOperation): string[] {
  if (recipeIndex < 0) return []
  const { op, ...parameters } = operation
  const numbers = Object.entries(parameters).flatMap(([name, value]: [string, unknown]) =>
    typeof value === 'number' ? [`${name} ${Number(value.toFixed(3))}`] : [],
  )
  return [[op, ...numbers].join(' ')]
}
