import type { OptimizerConfig } from '@shared/config/runConfig'
import { attr, dtypes, tf, type Tensor } from '../backend/tensorflow'
import type { SignatureBuilder } from '../graph/program'

/**
 * AdamW (Loshchilov & Hutter, 2019) with PyTorch's arithmetic: p ← p·(1 − lr·λ), then Adam with bias
 * correction. TensorFlow's kernel computes p ← p − s·m / (√v + ε̂); with s = lr·√(1−β₂ᵗ)/(1−β₁ᵗ) and
 * ε̂ = ε·√(1−β₂ᵗ) that is PyTorch's p − lr/(1−β₁ᵗ) · m / (√v/√(1−β₂ᵗ) + ε).
 */

export const firstMoment = (name: string) => `exp_avg.${name}`
export const secondMoment = (name: string) => `exp_avg_sq.${name}`

/** The numbers that change from step to step, as they are fed. */
export interface AdamScalars {
  /** s above. */
  stepSize: number
  /** ε̂ above. */
  epsilon: number
  /** lr·λ. */
  decay: number
}

/** @param step counts from 1 */
export function adamScalars(config: OptimizerConfig, learningRate: number, step: number): AdamScalars {
  const [beta1, beta2] = config.betas
  const correction2 = Math.sqrt(1 - beta2 ** step)
  return {
    stepSize: (learningRate * correction2) / (1 - beta1 ** step),
    epsilon: config.eps * correction2,
    decay: learningRate * config.weightDecay,
  }
}

/** Whether weight decay acts on a parameter: norms and biases are those with one axis. */
export function isDecayed(shape: readonly number[], config: OptimizerConfig): boolean {
  return config.weightDecay > 0 && (config.decayNormAndBias || shape.length > 1)
}

export interface AdamTensors {
  stepSize: Tensor
  epsilon: Tensor
  decay: Tensor
}

const floatDtype = [attr.type('dtype', dtypes.float32)]
const adamAttributes = [
  attr.type('T', dtypes.float32),
  attr.bool('use_locking', false),
  attr.bool('use_nesterov', false),
]

/**
 * Adds the update of one parameter to a traced step.
 * @param after a node that needs every gradient: updating in place before would change values still in use
 */
export function addAdamWUpdate(
  builder: SignatureBuilder,
  name: string,
  gradient: Tensor,
  scalars: AdamTensors,
  config: OptimizerConfig,
  after: string,
) {
  const { tracer } = builder
  const handle = builder.handle(name)
  const earlier = [after]
  const parameter = builder.read(name)
  if (isDecayed(parameter.shape, config)) {
    const shrink = tf.mul(parameter, scalars.decay)
    earlier.push(builder.update('AssignSubVariableOp', [handle, tracer.edgeOf(shrink)], floatDtype, [after]))
  }
  const zero = tracer.edgeOf(tf.scalar(0))
  const [beta1, beta2] = config.betas
  builder.update(
    'ResourceApplyAdam',
    [
      handle,
      builder.handle(firstMoment(name)),
      builder.handle(secondMoment(name)),
      zero,
      zero,
      tracer.edgeOf(scalars.stepSize),
      tracer.edgeOf(tf.scalar(beta1)),
      tracer.edgeOf(tf.scalar(beta2)),
      tracer.edgeOf(scalars.epsilon),
      tracer.edgeOf(gradient),
    ],
    adamAttributes,
    earlier,
  )
}

/** The same update on tensors: new parameter and moments, which the caller owns. */
export function adamWUpdate(
  parameter: Tensor,
  moments: { first: Tensor; second: Tensor },
  gradient: Tensor,
  scalars: AdamScalars,
  config: OptimizerConfig,
): { parameter: Tensor; first: Tensor; second: Tensor } {
  const [beta1, beta2] = config.betas
  const shrunk = isDecayed(parameter.shape, config) ? tf.sub(parameter, tf.mul(parameter, scalars.decay)) : parameter
  const first = tf.add(moments.first, tf.mul(tf.sub(gradient, moments.first), 1 - beta1))
  const second = tf.add(moments.second, tf.mul(tf.sub(tf.square(gradient), moments.second), 1 - beta2))
  const change = tf.div(tf.mul(first, scalars.stepSize), tf.add(tf.sqrt(second), scalars.epsilon))
  return { parameter: tf.sub(shrunk, change), first, second }
}
