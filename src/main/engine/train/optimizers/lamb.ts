import type { OptimizerConfig } from '@shared/config/trainConfig'
import { attr, dtypes, tf, type Tensor } from '../../backend/tensorflow'
import { commonNorm } from '../norm'
import type { TrainedParameter } from '../parameterGroups'
import { momentNames, nextMoments, withPenalty } from './moments'
import { scalarsOf, stateName, type Optimizer, type UpdateTensors } from './optimizer'

/** ‖p‖ / ‖u‖, or 1 where either is zero. */
function trustRatio(parameter: Tensor, update: Tensor): Tensor {
  const weightNorm = commonNorm([parameter])
  const updateNorm = commonNorm([update])
  const bothPositive = tf.logicalAnd(tf.greater(weightNorm, 0), tf.greater(updateNorm, 0))
  return tf.where(bothPositive, tf.div(weightNorm, updateNorm), tf.onesLike(weightNorm))
}

/**
 * LAMB (You et al., 2020) with timm's arithmetic: Adam's direction plus λ·p, rescaled to the norm of
 * the parameter; parameters without weight decay are not rescaled. timm's own clipping of the
 * gradients is left to the option that all optimizers share.
 */
export function lamb({ betas, eps }: OptimizerConfig): Optimizer {
  const step = (group: TrainedParameter, { parameter, state, gradient, scalars }: UpdateTensors) => {
    const { learningRate, correction1, correction2 } = scalarsOf(group, scalars)
    const [first, second] = nextMoments(state, gradient, betas)
    const denominator = tf.add(tf.div(tf.sqrt(second), correction2), eps)
    const direction = tf.div(tf.div(first, correction1), denominator)
    const update = withPenalty(direction, parameter, group.weightDecay)
    const rate = group.weightDecay > 0 ? tf.mul(learningRate, trustRatio(parameter, update)) : learningRate
    return { change: tf.mul(update, rate), state: [first, second] }
  }
  return {
    state: momentNames,
    addUpdate: (builder, group, gradient, scalars) => {
      const names = momentNames.map((moment) => stateName(moment, group.name))
      const parameter = builder.read(group.name)
      const { change, state } = step(group, {
        parameter,
        state: names.map((name) => builder.read(name)),
        gradient,
        scalars,
      })
      const floatDtype = [attr.type('dtype', dtypes.float32)]
      const edge = (tensor: Tensor) => builder.tracer.edgeOf(tensor)
      const assigned = names.map((name, index) => {
        const moment = state[index]
        if (moment === undefined) throw new Error(`LAMB keeps no ${name}`)
        return builder.update('AssignVariableOp', [builder.handle(name), edge(moment)], floatDtype, [])
      })
      return builder.update('AssignSubVariableOp', [builder.handle(group.name), edge(change)], floatDtype, assigned)
    },
    update: (group, tensors) => {
      const { change, state } = step(group, tensors)
      return { parameter: tf.sub(tensors.parameter, change), state }
    },
  }
}
