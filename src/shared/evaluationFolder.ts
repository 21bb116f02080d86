import { z } from 'zod'
import { checkpointNameSchema, splitNames, type CheckpointName, type SplitName } from './contract/records'

/** Where a run's evaluations are and what is in their folders; main, the engine and the command line agree on it. */

/** Folder below a run's own, with a folder for each evaluation. */
export const evaluationsFolder = 'evaluation'

export const evaluationFiles = {
  record: 'evaluation.json',
  /** What the window sorts and filters by, see `outcomeColumns`. */
  outcomes: 'outcomes.npy',
  /** [classes, classes] int32, rows are labels. */
  confusion: 'confusion.npy',
  confusionTable: 'confusion.csv',
  /** What the model's head sees of each embedded image, [embedded images, width] float32. */
  embeddings: 'embeddings.npy',
  /** Which rows of `outcomes.npy` they are, [embedded images] int32, ascending. */
  embeddedImages: 'embedded-images.npy',
  /** Their scores on the first principal components, [embedded images, components] float32. */
  embeddingScores: 'embedding-scores.npy',
  /** Tables, each as parquet and as CSV; the history also as npy. */
  images: 'per-image',
  classes: 'per-class',
  history: 'history',
} as const

/** Columns of `outcomes.npy`, [images, columns] float32, which whole numbers fit into up to 2²⁴. */
export const outcomeColumns = [
  'index',
  'label',
  'prediction',
  'labelProbability',
  'predictionProbability',
  'loss',
] as const

/** What is evaluated of a run. */
export interface EvaluationPlace {
  checkpoint: CheckpointName
  split: SplitName
  flip: boolean
}

/** The folder's name: `best-val`, or `best-val-flip` where each image was seen mirrored too. */
export function evaluationFolderName({ checkpoint, split, flip }: EvaluationPlace): string {
  return `${checkpoint}-${split}${flip ? '-flip' : ''}`
}

/** What a folder's name says; null for one that was named by hand. */
export function evaluationPlace(name: string): EvaluationPlace | null {
  const [, checkpoint, split, flip] = /^(.+?)-(train|val)(-flip)?$/.exec(name) ?? []
  const parsed = z
    .object({ checkpoint: checkpointNameSchema, split: z.enum(splitNames) })
    .safeParse({ checkpoint, split })
  return parsed.success ? { ...parsed.data, flip: flip !== undefined } : null
}
