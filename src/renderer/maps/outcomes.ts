import { outcomeColumns } from '@shared/evaluationFolder'
import type { FloatArray } from '../ipc/artifacts'
import type { Cell } from './confusion'

/** What the model said about one image of an evaluation. */
export type Outcome = Record<(typeof outcomeColumns)[number], number>

/** Lists of an evaluation's images: the surest mistakes, the least sure, the worst losses, all, or one cell's. */
export type OutcomeListing = { kind: OutcomeListName } | { kind: 'cell'; cell: Cell }
export type OutcomeListName = 'confident' | 'uncertain' | 'loss' | 'all'

/** What a list can be put in order by; `correct` puts mistakes first. */
export interface OutcomeSorting {
  by: (typeof outcomeColumns)[number] | 'correct'
  descending: boolean
}

/** One row of the array. @param outcomes [images, `outcomeColumns`] */
export function outcomeAt({ values }: FloatArray, row: number): Outcome {
  const at = (column: number) => values[row * outcomeColumns.length + column] ?? Number.NaN
  const [index, label, prediction, labelProbability, predictionProbability, loss] = [0, 1, 2, 3, 4, 5].map(at)
  return {
    index: index ?? 0,
    label: label ?? 0,
    prediction: prediction ?? 0,
    labelProbability: labelProbability ?? 0,
    predictionProbability: predictionProbability ?? 0,
    loss: loss ?? 0,
  }
}

function column({ values, shape }: FloatArray, name: (typeof outcomeColumns)[number]): Float32Array {
  const offset = outcomeColumns.indexOf(name)
  return Float32Array.from({ length: shape[0] ?? 0 }, (_, row) => values[row * outcomeColumns.length + offset] ?? 0)
}

/**
 * Rows of the images that a listing shows, in its order; equal ones in the order of the dataset.
 * @param outcomes [images, `outcomeColumns`]
 */
export function listedRows(outcomes: FloatArray, listing: OutcomeListing): Uint32Array {
  const labels = column(outcomes, 'label')
  const predictions = column(outcomes, 'prediction')
  const sureness = column(outcomes, 'predictionProbability')
  const losses = column(outcomes, 'loss')
  const rows = Uint32Array.from(labels, (_, row) => row)
  const descending = (by: Float32Array) => (a: number, b: number) => (by[b] ?? 0) - (by[a] ?? 0) || a - b
  switch (listing.kind) {
    case 'confident':
      return rows.filter((row) => labels[row] !== predictions[row]).sort(descending(sureness))
    case 'uncertain':
      return rows.sort((a, b) => (sureness[a] ?? 0) - (sureness[b] ?? 0) || a - b)
    case 'loss':
      return rows.sort(descending(losses))
    case 'all':
      return rows
    case 'cell': {
      const { label, prediction } = listing.cell
      return rows.filter((row) => labels[row] === label && predictions[row] === prediction).sort(descending(sureness))
    }
  }
}

/**
 * The rows of a list in another order; equal ones stay in the list's.
 * @param outcomes [images, `outcomeColumns`]
 */
export function sortedRows(outcomes: FloatArray, rows: Uint32Array, { by, descending }: OutcomeSorting): Uint32Array {
  const keys =
    by === 'correct'
      ? column(outcomes, 'label').map((label, row) => (label === outcomeAt(outcomes, row).prediction ? 1 : 0))
      : column(outcomes, by)
  const sign = descending ? -1 : 1
  return rows.slice().sort((a, b) => sign * ((keys[a] ?? 0) - (keys[b] ?? 0)))
}
