import type { Prediction } from '@shared/contract/records'

/** Softmax of one row of logits, in float64. */
export function softmax(logits: ArrayLike<number>): number[] {
  const values = Array.from(logits)
  const largest = Math.max(...values)
  const powers = values.map((logit) => Math.exp(logit - largest))
  const sum = powers.reduce((total, power) => total + power, 0)
  return powers.map((power) => power / sum)
}

/** Index of the largest value, the first of equal ones. */
export function largestIndex(values: ArrayLike<number>): number {
  let largest = 0
  for (let i = 1; i < values.length; i++) if ((values[i] ?? 0) > (values[largest] ?? 0)) largest = i
  return largest
}

/** All classes, most probable first. */
export function rankedPredictions(logits: Float32Array, classes: readonly string[]): Prediction[] {
  const probabilities = softmax(logits)
  return Array.from(logits, (logit, index) => ({
    class: classes[index] ?? `class ${index}`,
    probability: probabilities[index] ?? 0,
    logit,
  })).sort((a, b) => b.logit - a.logit)
}
