import { attr, dtypes, rawOp, type Tensor } from '../tensorflow'
import { exponential, multiply, scale, subtract, sum } from './elementwise'
import { withGradient } from './withGradient'

/**
 * Cross-entropy per image against a soft target: −Σ_c target_c · log softmax(logits)_c. The targets are
 * constants: they get no gradient, and their rows need not sum to 1 (class weights are a factor in them).
 * @param logits [B, classes]
 * @param targets [B, classes]
 * @returns [B]
 */
export function crossEntropy(logits: Tensor, targets: Tensor): Tensor {
  return withGradient(
    [logits],
    () => {
      const logProbabilities = rawOp('LogSoftmax', [logits], [attr.type('T', dtypes.float32)])
      return {
        value: scale(sum(multiply(targets, logProbabilities), [-1]), -1),
        kept: [logProbabilities, targets] as const,
      }
    },
    (gradient, [logProbabilities, kept]) => {
      const total = sum(kept, [-1], true)
      const slope = subtract(multiply(exponential(logProbabilities), total), kept)
      return [multiply(slope, gradient.reshape([-1, 1]))]
    },
  )
}
