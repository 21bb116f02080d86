import type { ClassFigures, EvaluationFigures } from '@shared/contract/evaluation'
import { calibrationOf } from './calibration'
import type { Outcomes } from './outcomes'

/** Figures of a classification, as scikit-learn defines them. */

/** Images by label (row) and prediction (column), [classes, classes]. */
export function confusionMatrix({ labels, predictions }: Outcomes, classes: number): Int32Array {
  const counts = new Int32Array(classes * classes)
  labels.forEach((label, image) => {
    const cell = label * classes + (predictions[image] ?? 0)
    counts[cell] = (counts[cell] ?? 0) + 1
  })
  return counts
}

const shareOf = (part: number, whole: number) => (whole === 0 ? 0 : part / whole)

/** @param confusion [classes, classes] */
function classFigures(confusion: Int32Array, classes: number): ClassFigures[] {
  const support = new Int32Array(classes)
  const predicted = new Int32Array(classes)
  confusion.forEach((count, cell) => {
    const label = Math.floor(cell / classes)
    const prediction = cell % classes
    support[label] = (support[label] ?? 0) + count
    predicted[prediction] = (predicted[prediction] ?? 0) + count
  })
  return Array.from({ length: classes }, (_, index) => {
    const hits = confusion[index * classes + index] ?? 0
    const labelled = support[index] ?? 0
    const taken = predicted[index] ?? 0
    return {
      support: labelled,
      predicted: taken,
      precision: shareOf(hits, taken),
      recall: shareOf(hits, labelled),
      f1: shareOf(2 * hits, labelled + taken),
    }
  })
}

type Averages = EvaluationFigures['macro']

function weightedMeans(perClass: readonly ClassFigures[], weightOf: (figures: ClassFigures) => number): Averages {
  const total = perClass.reduce((sum, figures) => sum + weightOf(figures), 0)
  const mean = (key: 'precision' | 'recall' | 'f1') =>
    shareOf(
      perClass.reduce((sum, figures) => sum + weightOf(figures) * figures[key], 0),
      total,
    )
  return { precision: mean('precision'), recall: mean('recall'), f1: mean('f1') }
}

/** Images whose label has fewer than `k` classes before it, as a share of all. */
function topShare(ranks: Int32Array, k: number): number {
  return shareOf(
    ranks.reduce((hits, rank) => hits + (rank < k ? 1 : 0), 0),
    ranks.length,
  )
}

/** @param confusion of the same outcomes, [classes, classes] */
export function evaluationFigures(outcomes: Outcomes, confusion: Int32Array, classes: number): EvaluationFigures {
  const { losses, ranks, labels, predictions, predictionProbabilities } = outcomes
  const perClass = classFigures(confusion, classes)
  return {
    images: labels.length,
    loss: shareOf(
      losses.reduce((sum, loss) => sum + loss, 0),
      losses.length,
    ),
    accuracy: topShare(ranks, 1),
    top5: topShare(ranks, 5),
    balancedAccuracy: weightedMeans(perClass, ({ support }) => (support > 0 ? 1 : 0)).recall,
    macro: weightedMeans(perClass, ({ support, predicted }) => (support + predicted > 0 ? 1 : 0)),
    weighted: weightedMeans(perClass, ({ support }) => support),
    perClass,
    calibration: calibrationOf(predictionProbabilities, (image) => labels[image] === predictions[image]),
  }
}
