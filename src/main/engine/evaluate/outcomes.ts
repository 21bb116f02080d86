import { VitrineError } from '@shared/errors'
import { largestIndex } from '../inspect/probabilities'
import { rankOfLabel } from '../train/validation'

/** What the model said about each image, as columns. */
export interface Outcomes {
  labels: Int32Array
  predictions: Int32Array
  /** How many classes are more probable than the label. */
  ranks: Int32Array
  labelProbabilities: Float64Array
  predictionProbabilities: Float64Array
  /** Cross-entropies. */
  losses: Float64Array
}

export function emptyOutcomes(images: number): Outcomes {
  return {
    labels: new Int32Array(images),
    predictions: new Int32Array(images),
    ranks: new Int32Array(images),
    labelProbabilities: new Float64Array(images),
    predictionProbabilities: new Float64Array(images),
    losses: new Float64Array(images),
  }
}

/** log Σ exp, without overflow. */
function logSumExp(values: ArrayLike<number>): number {
  let largest = -Infinity
  for (let index = 0; index < values.length; index++) largest = Math.max(largest, values[index] ?? NaN)
  let sum = 0
  for (let index = 0; index < values.length; index++) sum += Math.exp((values[index] ?? NaN) - largest)
  return largest + Math.log(sum)
}

/**
 * Logarithms of the probabilities of one image, in float64.
 * @param views logits of the image, [classes] each; of several views the probabilities' mean is taken
 */
export function logProbabilities(views: readonly Float32Array[]): Float64Array {
  const [first, ...others] = views.map((logits) => {
    const total = logSumExp(logits)
    return Float64Array.from(logits, (logit) => logit - total)
  })
  if (first === undefined) throw new RangeError('an image needs at least one view')
  if (others.length === 0) return first
  return first.map((value, index) => {
    return logSumExp([value, ...others.map((other) => other[index] ?? NaN)]) - Math.log(views.length)
  })
}

/**
 * Notes one image. Of equally probable classes the first is predicted.
 * @throws VitrineError `not-finite`
 */
export function noteOutcome(outcomes: Outcomes, image: number, label: number, byClass: Float64Array): void {
  const prediction = largestIndex(byClass)
  const best = byClass[prediction] ?? NaN
  const own = byClass[label] ?? NaN
  // Logits that overflow give NaN everywhere; minus infinity, a probability of 0, is a value.
  if (Number.isNaN(best) || Number.isNaN(own)) {
    throw new VitrineError(
      'not-finite',
      'The model gives values that are not finite numbers, so nothing can be measured: choose another checkpoint, or evaluate in fp32.',
    )
  }
  outcomes.labels[image] = label
  outcomes.predictions[image] = prediction
  outcomes.ranks[image] = rankOfLabel(byClass, 0, byClass.length, label)
  outcomes.labelProbabilities[image] = Math.exp(own)
  outcomes.predictionProbabilities[image] = Math.exp(best)
  outcomes.losses[image] = -own
}
