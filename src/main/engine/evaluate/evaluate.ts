import { mkdir } from 'node:fs/promises'
import { setImmediate as turn } from 'node:timers/promises'
import type { EvaluationRecord } from '@shared/contract/evaluation'
import type { SplitName } from '@shared/contract/records'
import { VitrineError } from '@shared/errors'
import { deviceKind } from '../backend/tensorflow'
import type { PreparedDataset } from '../data/dataset'
import { throwIfEnded } from '../data/progress'
import { resolveDataset } from '../data/resolve'
import type { EnginePlaces, JobContext } from '../job'
import type { Checkpoint } from '../vit/checkpoint'
import { CompiledClassifier, type Precision } from './classifier'
import { matchClasses } from './classMatching'
import { cancelledSentence, classifySplit, evaluationLoader, type ClassifiedSplit } from './classifySplit'
import { embeddingMap } from './embeddings'
import { confusionMatrix, evaluationFigures } from './metrics'
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

/** The size at which the batches are alike: what fills up a last, shorter one would be computed in vain. */
function evenBatchSize(images: number, most: number): number {
  return Math.ceil(images / Math.ceil(images / most))
}

async function classify(
  { checkpoint, split, flip, precision, ...request }: EvaluationRequest,
  dataset: PreparedDataset,
  context: JobContext,
): Promise<ClassifiedSplit> {
  const { numClasses, imageSize: side } = checkpoint.sizes
  const { classes, imageSize } = dataset.manifest
  const modelClass = matchClasses(classes, checkpoint.classes)
  const images = dataset.recordsOf(split).length
  const batchSize = evenBatchSize(images, request.batchSize)
  const loader = evaluationLoader({ dataset, split, batchSize, side })
  context.emit({ type: 'progress', progress: { stage: 'Building the graph', done: 0, total: null, secondsLeft: null } })
  const classifier = await CompiledClassifier.create(checkpoint, { batchSize, recordSide: imageSize, precision })
  try {
    const pass = { classifier, loader, images, batchSize, classes: numClasses, modelClass, flip }
    return await classifySplit(pass, context)
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
    const records = dataset.recordsOf(split)
    const { name, createdAt } = dataset.manifest
    if (records.length === 0) {
      const words = split === 'val' ? 'validation' : 'training'
      throw new VitrineError('invalid-input', `“${name}” has no ${words} images: choose another split.`)
    }
    const { outcomes, embeddings, imagesPerSecond } = await classify(request, dataset, context)
    const { classes } = checkpoint
    context.emit({
      type: 'progress',
      progress: { stage: 'Placing the images', done: 0, total: null, secondsLeft: null },
    })
    await turn()
    const { scores, summary: embedding } = embeddingMap(embeddings)
    const confusion = confusionMatrix(outcomes, classes.length)
    const record: EvaluationRecord = {
      format: 1,
      createdAt: new Date().toISOString(),
      checkpoint: { title: checkpoint.title, file, epoch: checkpoint.epoch },
      dataset: {
        id: request.dataset,
        name,
        createdAt,
        ...(dataset.corrections && { corrections: dataset.corrections }),
      },
      split,
      flip,
      precision,
      device: deviceKind(),
      imagesPerSecond,
      classes,
      figures: evaluationFigures(outcomes, confusion, classes.length),
      embedding,
    }
    const [origins, history] = await Promise.all([dataset.readOrigins(), historyBeside(file)])
    throwIfEnded(context, cancelledSentence)
    await mkdir(out, { recursive: true })
    const images = { outcomes, classes, records }
    await writeResults(out, { record, images, origins, confusion, embeddings: { ...embeddings, scores }, history })
    return record
  } finally {
    await dataset.close()
  }
}
