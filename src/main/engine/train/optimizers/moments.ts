import { tf, type Tensor } from '../../backend/tensorflow'
import { stateAt } from './optimizer'

/** State of Adam and its kin: averages of the gradient and of its square. */
export const momentNames = ['exp_avg', 'exp_avg_sq'] as const

/** Both averages after one more gradient. */
export function nextMoments(
  state: readonly Tensor[],
  gradient: Tensor,
  [beta1, beta2]: readonly [number, number],
): [Tensor, Tensor] {
  const first = stateAt(state, 0)
  const second = stateAt(state, 1)
  return [
    tf.add(first, tf.mul(tf.sub(gradient, first), 1 - beta1)),
    tf.add(second, tf.mul(tf.sub(tf.square(gradient), second), 1 - beta2)),
  ]
}

/** The gradient with L2 regularisation in it: g + λ·p. */
export function withPenalty(gradient: Tensor, parameter: Tensor, weightDecay: number): Tensor {
  return weightDecay === 0 ? gradient : tf.add(gradient, tf.mul(parameter, weightDecay))
}
