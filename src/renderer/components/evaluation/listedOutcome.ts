import type { ShownCorrection } from '@shared/contract/corrections'
import { formatMeasure, formatPercent } from '../../format/numbers'
import type { Outcome } from '../../maps/outcomes'
import type { IndexedRecord } from '../../stores/recordsByIndex'
import { classWords } from './evaluationWords'

/** One image of an evaluation as lists show it. */
export interface ListedOutcome extends Outcome {
  labelName: string
  predictionName: string
  isCorrect: boolean
  /** In words what was corrected about it since, or before; null for nothing. */
  correction: string | null
  /** Its numbers in words. */
  hint: string
  /** Undefined until it has come. */
  record: IndexedRecord | undefined
}

interface Known {
  /** Of the evaluation. */
  classes: readonly string[]
  /** Of the dataset, which may have another order. */
  datasetClasses: readonly string[]
  correction: ShownCorrection | undefined
  record: IndexedRecord | undefined
}

function correctionWords(correction: ShownCorrection | undefined, datasetClasses: readonly string[]): string | null {
  if (correction === undefined) return null
  return correction.label === null ? 'left out' : `now ${classWords(datasetClasses, correction.label)}`
}

export function listedOutcome(outcome: Outcome, { classes, datasetClasses, correction, record }: Known): ListedOutcome {
  const labelName = classWords(classes, outcome.label)
  const predictionName = classWords(classes, outcome.prediction)
  const label = `Label ${labelName} ${formatPercent(outcome.labelProbability)}`
  const prediction = `prediction ${predictionName} ${formatPercent(outcome.predictionProbability)}`
  return {
    ...outcome,
    labelName,
    predictionName,
    isCorrect: outcome.label === outcome.prediction,
    correction: correctionWords(correction, datasetClasses),
    hint: `${label}, ${prediction}, loss ${formatMeasure(outcome.loss)}`,
    record,
  }
}
