import type { CheckpointName, SplitName } from './contract/records'

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

/** The folder's name: `best-val`, or `best-val-flip` where each image was seen mirrored too. */
export function evaluationFolderName(checkpoint: CheckpointName, split: SplitName, flip: boolean): string {
  return `${checkpoint}-${split}${flip ? '-flip' : ''}`
}
