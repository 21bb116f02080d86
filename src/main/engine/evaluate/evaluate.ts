import { mkdir } from 'node:fs/promises'
import { setImmediate as turn } from 'node:timers/promises'
import type { EvaluationRecord } from '@shared/contract/evaluation'
import type { SplitName } from '@shared/contract/records'
import { VitrineError } from '@shared/errors'
import { deviceKind } from '../backend/tensorflow'
import type { PreparedDataset } from '../data/dataset'
import { BatchLoader } from '../data/loader'
import { ProgressReporter, throwIfEnded } from '../data/progress'
import { resolveDataset } from '../data/resolve'
import type { EnginePlaces, JobContext } from '../job'
import type { Checkpoint } from '../vit/checkpoint'
import { CompiledClassifier, type Precision } from './classifier'
import { matchClasses } from './classMatching'
import { confusionMatrix, evaluationFigures } from './metrics'
import { emptyOutcomes, logProbabilities, noteOutcome, type Outcomes } from './outcomes'
import { historyBeside, writeResults } from './results'

export interface EvaluationRequest {
  checkpoint: Checkpoint
  /** Where the checkpoint was read from. */
  file: string
  /** `sample:shapes`, or the folder of a prepared dataset. */
  dataset: string
  split: SplitName
  /** Takes the mean of the probabilities of each image and its mirror image. */
  flip: boolean
  precision: Precision
  batchSize: number
  /** Folder for the results. */
  out: string
}

/** Enough for the matrix products to be quick, little enough for a large model's memory. */
export const defaultBatchSize = 64

const cancelled = 'The evaluation was cancelled: nothing was kept.'

/** The boxes of the same images from right to left, see `CropBox`. */
function mirrored(boxes: Float32Array): Float32Array {
  const swapped = boxes.slice()
  for (let start = 0; start < boxes.length; start += 4) {
    swapped[start + 1] = boxes[start + 3] ?? 1
    swapped[start + 3] = boxes[start + 1] ?? 0
  }
  return swapped
}

/** Every image of the split once, in the order of the records. */
async function classify(
  request: EvaluationRequest,
  dataset: PreparedDataset,
  context: JobContext,
): Promise<{ outcomes: Outcomes; imagesPerSecond: number }> {
  const { checkpoint, split, flip, precision } = request
  const { sizes } = checkpoint
  const { classes, imageSize } = dataset.manifest
  const modelClass = matchClasses(classes, checkpoint.classes)
  const { count: images } = dataset.splitRange(split)
  const batchSize = Math.min(request.batchSize, images)
  const loader = new BatchLoader({
    dataset,
    split,
    batchSize,
    seed: 0,
    shuffle: false,
    augment: 'none',
    side: sizes.imageSize,
    dropLast: false,
  })
  context.emit({ type: 'progress', progress: { stage: 'Building the graph', done: 0, total: null, secondsLeft: null } })
  const classifier = await CompiledClassifier.create(checkpoint, { batchSize, recordSide: imageSize, precision })
  try {
    const outcomes = emptyOutcomes(images)
    const progress = new ProgressReporter(context, 'Evaluating', images)
    const started = performance.now()
    let first = 0
    for await (const { images: pixels, boxes, labels, count } of loader.epoch(0)) {
      throwIfEnded(context, cancelled)
      const views = [classifier.logits(pixels, boxes)]
      if (flip) views.push(classifier.logits(pixels, mirrored(boxes)))
      for (let row = 0; row < count; row++) {
        const start = row * sizes.numClasses
        const rows = views.map((logits) => logits.subarray(start, start + sizes.numClasses))
        noteOutcome(outcomes, first + row, modelClass[labels[row] ?? 0] ?? 0, logProbabilities(rows))
      }
      first += count
      progress.advance(count)
      // A signal to end comes in between two batches only.
      await turn()
    }
    return { outcomes, imagesPerSecond: (images * 1000) / (performance.now() - started) }
  } finally {
    classifier.dispose()
  }
}

/**
 * Measures a checkpoint on one split of a dataset and writes all results into `out`; the names of the
 * files are in `@shared/evaluationFolder`.
 * @throws VitrineError `invalid-input` for classes that don't fit and for a split without images,
 * `not-finite`, and `cancelled`
 */
export async function evaluate(
  request: EvaluationRequest,
  { home, resources }: EnginePlaces,
  context: JobContext,
): Promise<EvaluationRecord> {
  const { checkpoint, split, flip, precision, file, out } = request
  const dataset = await resolveDataset(request.dataset, home, resources, context)
  try {
    const { start, count } = dataset.splitRange(split)
    const { name, createdAt } = dataset.manifest
    if (count === 0) {
      const words = split === 'val' ? 'validation' : 'training'
      throw new VitrineError('invalid-input', `“${name}” has no ${words} images: choose another split.`)
    }
    const { outcomes, imagesPerSecond } = await classify(request, dataset, context)
    const { classes } = checkpoint
    const confusion = confusionMatrix(outcomes, classes.length)
    const record: EvaluationRecord = {
      format: 1,
      createdAt: new Date().toISOString(),
      checkpoint: { title: checkpoint.title, file, epoch: checkpoint.epoch },
      dataset: { id: request.dataset, name, createdAt },
      split,
      flip,
      precision,
      device: deviceKind(),
      imagesPerSecond,
      classes,
      figures: evaluationFigures(outcomes, confusion, classes.length),
    }
    const [origins, history] = await Promise.all([dataset.readOrigins(), historyBeside(file)])
    throwIfEnded(context, cancelled)
    await mkdir(out, { recursive: true })
    await writeResults(out, { record, images: { outcomes, classes, firstRecord: start }, origins, confusion, history })
    return record
  } finally {
    await dataset.close()
  }
}
