import type { EvaluationFigures } from '@shared/contract/evaluation'
import type { EpochMetrics, RecordOrigin } from '@shared/contract/records'
import { outcomeColumns } from '@shared/evaluationFolder'
import type { Column } from '../formats/table'
import type { Outcomes } from './outcomes'

/** What an evaluation leaves for notebooks, by columns. */

function nameOf(classes: readonly string[], index: number): string {
  return classes[index] ?? `class ${index}`
}

function namesOf(indices: Int32Array, classes: readonly string[]): string[] {
  return Array.from(indices, (index) => nameOf(classes, index))
}

export interface EvaluatedImages {
  outcomes: Outcomes
  classes: readonly string[]
  /** Which record of the dataset each is. */
  records: Uint32Array
}

/** One row per image, in the order of the records. @param origins of all the dataset's records */
export function imageTable(
  { outcomes, classes, records }: EvaluatedImages,
  origins: readonly RecordOrigin[],
): Column[] {
  const { labels, predictions, labelProbabilities, predictionProbabilities, losses } = outcomes
  return [
    { name: 'index', kind: 'whole', values: Int32Array.from(records) },
    {
      name: 'file',
      kind: 'text',
      values: Array.from(records, (record) => origins[record]?.file ?? ''),
    },
    { name: 'label', kind: 'text', values: namesOf(labels, classes) },
    { name: 'prediction', kind: 'text', values: namesOf(predictions, classes) },
    { name: 'label_index', kind: 'whole', values: labels },
    { name: 'prediction_index', kind: 'whole', values: predictions },
    { name: 'label_probability', kind: 'number', values: labelProbabilities },
    { name: 'prediction_probability', kind: 'number', values: predictionProbabilities },
    { name: 'loss', kind: 'number', values: losses },
    { name: 'correct', kind: 'truth', values: Array.from(labels, (label, image) => label === predictions[image]) },
  ]
}

/** The numbers of `imageTable` in one array: [images, `outcomeColumns`]. */
export function outcomeArray({ outcomes, records }: EvaluatedImages): { shape: number[]; data: Float32Array } {
  const { labels, predictions, labelProbabilities, predictionProbabilities, losses } = outcomes
  const width = outcomeColumns.length
  const data = new Float32Array(labels.length * width)
  labels.forEach((label, image) => {
    const row = [
      records[image] ?? 0,
      label,
      predictions[image] ?? 0,
      labelProbabilities[image] ?? 0,
      predictionProbabilities[image] ?? 0,
      losses[image] ?? 0,
    ]
    data.set(row, image * width)
  })
  return { shape: [labels.length, width], data }
}

export function classTable({ perClass }: EvaluationFigures, classes: readonly string[]): Column[] {
  const numbers = (key: 'precision' | 'recall' | 'f1') => Float64Array.from(perClass, (figures) => figures[key])
  return [
    { name: 'class', kind: 'text', values: perClass.map((_, index) => nameOf(classes, index)) },
    { name: 'support', kind: 'whole', values: Int32Array.from(perClass, ({ support }) => support) },
    { name: 'predicted', kind: 'whole', values: Int32Array.from(perClass, ({ predicted }) => predicted) },
    { name: 'precision', kind: 'number', values: numbers('precision') },
    { name: 'recall', kind: 'number', values: numbers('recall') },
    { name: 'f1', kind: 'number', values: numbers('f1') },
  ]
}

/** One row per label, one column per prediction. @param confusion [classes, classes] */
export function confusionTable(confusion: Int32Array, classes: readonly string[]): Column[] {
  const count = classes.length
  return [
    { name: 'label', kind: 'text', values: classes },
    ...classes.map((name, prediction): Column => ({
      name,
      kind: 'whole',
      values: Int32Array.from({ length: count }, (_, label) => confusion[label * count + prediction] ?? 0),
    })),
  ]
}

const historyNames = ['epoch', 'lr', 'train_loss', 'train_acc', 'val_loss', 'val_acc', 'seconds'] as const

/** The training's epochs; NaN where there was no validation. */
export function historyColumns(epochs: readonly EpochMetrics[]): ReadonlyMap<string, Float64Array> {
  return new Map(historyNames.map((name) => [name, Float64Array.from(epochs, (epoch) => epoch[name] ?? NaN)]))
}
