import { setImmediate as turn } from 'node:timers/promises'
import { BatchLoader, type BatchLoaderOptions } from '../data/loader'
import { ProgressReporter, throwIfEnded } from '../data/progress'
import type { JobContext } from '../job'
import type { CompiledClassifier } from './classifier'
import { EmbeddingCollector, type Embeddings } from './embeddings'
import { emptyOutcomes, logProbabilities, noteOutcome, type Outcomes } from './outcomes'

export const cancelledSentence = 'The evaluation was cancelled: nothing was kept.'

interface SplitPass {
  classifier: CompiledClassifier
  /** See `evaluationLoader`. */
  loader: BatchLoader
  /** Of the split. */
  images: number
  batchSize: number
  /** Classes of the model, and its class for each of the dataset's. */
  classes: number
  modelClass: Int32Array
  /** Takes the mean of the probabilities of each image and its mirror image. */
  flip: boolean
}

export interface ClassifiedSplit {
  outcomes: Outcomes
  embeddings: Embeddings
  imagesPerSecond: number
}

/** Each image of a split once, in the order of the records, as it is. */
export function evaluationLoader(
  options: Pick<BatchLoaderOptions, 'dataset' | 'split' | 'batchSize' | 'side'>,
): BatchLoader {
  return new BatchLoader({ ...options, seed: 0, shuffle: false, augment: 'none', dropLast: false })
}

/** The boxes of the same images from right to left, see `CropBox`. */
function mirrored(boxes: Float32Array): Float32Array {
  const swapped = boxes.slice()
  for (let start = 0; start < boxes.length; start += 4) {
    swapped[start + 1] = boxes[start + 3] ?? 1
    swapped[start + 3] = boxes[start + 1] ?? 0
  }
  return swapped
}

/**
 * Every image of the split once, in the order of the records. The next batches are being read while
 * one is with the model.
 * @throws VitrineError `not-finite`, `cancelled`
 */
export async function classifySplit(pass: SplitPass, context: JobContext): Promise<ClassifiedSplit> {
  const { classifier, loader, images, batchSize, classes, modelClass, flip } = pass
  const outcomes = emptyOutcomes(images)
  const embeddings = new EmbeddingCollector(images)
  const progress = new ProgressReporter(context, 'Evaluating', images)
  const started = performance.now()
  let first = 0
  for await (const { images: pixels, boxes, labels, count } of loader.epoch(0)) {
    throwIfEnded(context, cancelledSentence)
    const { logits, representation } = classifier.classify(pixels, boxes)
    const views = flip ? [logits, classifier.classify(pixels, mirrored(boxes)).logits] : [logits]
    const width = representation.length / batchSize
    for (let row = 0; row < count; row++) {
      const rows = views.map((view) => view.subarray(row * classes, (row + 1) * classes))
      noteOutcome(outcomes, first + row, modelClass[labels[row] ?? 0] ?? 0, logProbabilities(rows))
      embeddings.offer(first + row, representation.subarray(row * width, (row + 1) * width))
    }
    first += count
    progress.advance(count)
    // A signal to end comes in between two batches only.
    await turn()
  }
  const imagesPerSecond = (images * 1000) / (performance.now() - started)
  return { outcomes, embeddings: embeddings.collected(), imagesPerSecond }
}
