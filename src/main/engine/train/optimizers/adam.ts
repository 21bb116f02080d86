import type { OptimizerConfig } from '@shared/config/trainConfig'
import { attr, dtypes, tf, type Tensor } from '../../backend/tensorflow'
import { momentNames, nextMoments, withPenalty } from './moments'
import { scalarsOf, stateName, type Optimizer, type StepScalars } from './optimizer'

const floatDtype = [attr.type('dtype', dtypes.float32)]
const adamAttributes = [
  attr.type('T', dtypes.float32),
  attr.bool('use_locking', false),
  attr.bool('use_nesterov', false),
]

/**
 * TensorFlow's kernel computes p ← p − s·m / (√v + ε̂). With s = lr·√(1−β₂ᵗ)/(1−β₁ᵗ) and
 * ε̂ = ε·√(1−β₂ᵗ) that is PyTorch's p − lr/(1−β₁ᵗ) · m / (√v/√(1−β₂ᵗ) + ε).
 */
function kernelScalars({ learningRate, correction1, correction2 }: StepScalars<Tensor>, eps: number) {
  return {
    stepSize: tf.div(tf.mul(learningRate, correction2), correction1),
    epsilon: tf.mul(correction2, eps),
  }
}

/**
 * Adam (Kingma & Ba, 2015) with PyTorch's arithmetic.
 * @param decoupled AdamW (Loshchilov & Hutter, 2019): weight decay shrinks the parameter,
 * p ← p·(1 − lr·λ), before the step; otherwise it is an L2 penalty in the gradient
 */
export function adam({ betas, eps }: OptimizerConfig, decoupled: boolean): Optimizer {
  return {
    state: momentNames,
    addUpdate: (builder, parameter, gradient, stepScalars) => {
      const { name, weightDecay } = parameter
      const scalars = scalarsOf(parameter, stepScalars)
      const { stepSize, epsilon } = kernelScalars(scalars, eps)
      const edge = (tensor: Tensor) => builder.tracer.edgeOf(tensor)
      const value = builder.read(name)
      const earlier: string[] = []
      if (decoupled && weightDecay > 0) {
        const shrink = tf.mul(value, tf.mul(scalars.learningRate, weightDecay))
        earlier.push(builder.update('AssignSubVariableOp', [builder.handle(name), edge(shrink)], floatDtype, []))
      }
      const zero = edge(tf.scalar(0))
      const [beta1, beta2] = betas
      return builder.update(
        'ResourceApplyAdam',
        [
          builder.handle(name),
          ...momentNames.map((moment) => builder.handle(stateName(moment, name))),
          zero,
          zero,
          edge(stepSize),
          edge(tf.scalar(beta1)),
          edge(tf.scalar(beta2)),
          edge(epsilon),
          edge(decoupled ? gradient : withPenalty(gradient, value, weightDecay)),
        ],
        adamAttributes,
        earlier,
      )
    },
    update: (group, { parameter, state, gradient, scalars: stepScalars }) => {
      const { weightDecay } = group
      const scalars = scalarsOf(group, stepScalars)
      const { stepSize, epsilon } = kernelScalars(scalars, eps)
      const penalised = decoupled ? gradient : withPenalty(gradient, parameter, weightDecay)
      const [first, second] = nextMoments(state, penalised, betas)
      const kept = decoupled ? tf.sub(1, tf.mul(scalars.learningRate, weightDecay)) : tf.scalar(1)
      const change = tf.div(tf.mul(first, stepSize), tf.add(tf.sqrt(second), epsilon))
      return { parameter: tf.sub(tf.mul(parameter, kept), change), state: [first, second] }
    },
  }
}
