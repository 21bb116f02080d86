import { attr, dtypes, rawOp, tf, type Tensor } from '../tensorflow'
import { add, exponential, multiply, scale, subtract, sum } from './elementwise'
import { withGradient } from './withGradient'

/**
 * Cross-entropy per image, with label smoothing as PyTorch's: the target is (1 − s) on the label
 * plus s / classes everywhere.
 * @param logits [B, classes]
 * @param labels [B] int32
 * @returns [B]
 */
export function crossEntropy(logits: Tensor, labels: Tensor, smoothing: number): Tensor {
  const classes = logits.shape.at(-1) ?? 1
  return withGradient(
    [logits],
    () => {
      const logProbabilities = rawOp('LogSoftmax', [logits], [attr.type('T', dtypes.float32)])
      const oneHot = tf.oneHot(labels.as1D(), classes).toFloat()
      const target = add(scale(oneHot, 1 - smoothing), tf.scalar(smoothing / classes))
      return {
        value: scale(sum(multiply(target, logProbabilities), [-1]), -1),
        kept: [logProbabilities, target] as const,
      }
    },
    (gradient, [logProbabilities, target]) => [
      multiply(subtract(exponential(logProbabilities), target), gradient.reshape([-1, 1])),
    ],
  )
}
