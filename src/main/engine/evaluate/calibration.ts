import type { Calibration } from '@shared/contract/evaluation'

const binCount = 15

/**
 * How far the probabilities of predictions can be believed: in bins of equal width, their mean against
 * the share that is right (Guo et al. 2017, "On Calibration of Modern Neural Networks", section 2).
 * @param confidences probability of each image's prediction
 */
export function calibrationOf(confidences: Float64Array, isCorrect: (image: number) => boolean): Calibration {
  const sums = Array.from({ length: binCount }, () => ({ count: 0, confidence: 0, correct: 0 }))
  confidences.forEach((confidence, image) => {
    const bin = sums[Math.min(binCount - 1, Math.max(0, Math.ceil(confidence * binCount) - 1))]
    if (bin === undefined) return
    bin.count++
    bin.confidence += confidence
    if (isCorrect(image)) bin.correct++
  })
  const bins = sums.map(({ count, confidence, correct }, index) => ({
    low: index / binCount,
    high: (index + 1) / binCount,
    count,
    confidence: count === 0 ? null : confidence / count,
    accuracy: count === 0 ? null : correct / count,
  }))
  const gaps = sums.map(({ confidence, correct }) => Math.abs(correct - confidence))
  const images = Math.max(1, confidences.length)
  return {
    bins,
    expectedError: gaps.reduce((sum, gap) => sum + gap, 0) / images,
    largestError: Math.max(...gaps.map((gap, index) => gap / Math.max(1, sums[index]?.count ?? 0))),
  }
}
