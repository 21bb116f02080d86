import type { OptimizerConfig } from '@shared/config/trainConfig'
import { attr, dtypes, tf } from '../../backend/tensorflow'
import { withPenalty } from './moments'
import { scalarsOf, stateAt, stateName, type Optimizer } from './optimizer'

const bufferName = 'momentum_buffer'

/**
 * Stochastic gradient descent with momentum, as PyTorch's `SGD` without dampening: b ← μ·b + g, then
 * p ← p − lr·b, or with Nesterov's momentum p ← p − lr·(g + μ·b). Weight decay is an L2 penalty.
 */
export function sgd({ momentum, nesterov }: OptimizerConfig): Optimizer {
  return {
    state: [bufferName],
    addUpdate: (builder, parameter, gradient, scalars) => {
      const { name, weightDecay } = parameter
      const edge = (tensor: typeof gradient) => builder.tracer.edgeOf(tensor)
      return builder.update(
        'ResourceApplyMomentum',
        [
          builder.handle(name),
          builder.handle(stateName(bufferName, name)),
          edge(scalarsOf(parameter, scalars).learningRate),
          edge(withPenalty(gradient, builder.read(name), weightDecay)),
          edge(tf.scalar(momentum)),
        ],
        [attr.type('T', dtypes.float32), attr.bool('use_locking', false), attr.bool('use_nesterov', nesterov)],
        [],
      )
    },
    update: (group, { parameter, state, gradient, scalars }) => {
      const penalised = withPenalty(gradient, parameter, group.weightDecay)
      const buffer = tf.add(tf.mul(stateAt(state, 0), momentum), penalised)
      const direction = nesterov ? tf.add(penalised, tf.mul(buffer, momentum)) : buffer
      const { learningRate } = scalarsOf(group, scalars)
      return { parameter: tf.sub(parameter, tf.mul(direction, learningRate)), state: [buffer] }
    },
  }
}
