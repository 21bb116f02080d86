import type { OptimizerConfig } from '@shared/config/trainConfig'
import { tf, type Tensor } from '../../backend/tensorflow'
import type { SignatureBuilder } from '../../graph/program'
import type { TrainedParameter } from '../parameterGroups'

/** The numbers that change from step to step, as they are fed. */
export interface StepScalars<Value> {
  learningRate: Value
  /** 1 − β₁ᵗ */
  correction1: Value
  /** √(1 − β₂ᵗ) */
  correction2: Value
}

export const scalarNames = ['learningRate', 'correction1', 'correction2'] as const

/** @param step counts from 1 */
export function stepScalars({ betas }: OptimizerConfig, learningRate: number, step: number): StepScalars<number> {
  const [beta1, beta2] = betas
  return { learningRate, correction1: 1 - beta1 ** step, correction2: Math.sqrt(1 - beta2 ** step) }
}

export function scalarTensors({ learningRate, correction1, correction2 }: StepScalars<number>): StepScalars<Tensor> {
  return {
    learningRate: tf.scalar(learningRate),
    correction1: tf.scalar(correction1),
    correction2: tf.scalar(correction2),
  }
}

/** The scalars for one parameter: its share of the learning rate. */
export function scalarsOf(parameter: TrainedParameter, scalars: StepScalars<Tensor>): StepScalars<Tensor> {
  if (parameter.rateScale === 1) return scalars
  return { ...scalars, learningRate: tf.mul(scalars.learningRate, parameter.rateScale) }
}

/** An update's operands as tensors. */
export interface UpdateTensors {
  parameter: Tensor
  /** In the order of the optimizer's `state`. */
  state: readonly Tensor[]
  gradient: Tensor
  scalars: StepScalars<Tensor>
}

/** The arithmetic of one optimizer, as graph updates in place and as plain tensors. */
export interface Optimizer {
  /** PyTorch's names of what is kept beside each parameter; all of it starts at zero. */
  readonly state: readonly string[]
  /**
   * Adds the update of one parameter to a traced step.
   * @returns the node that completes it
   */
  addUpdate(
    builder: SignatureBuilder,
    parameter: TrainedParameter,
    gradient: Tensor,
    scalars: StepScalars<Tensor>,
  ): string
  /** The same update on tensors: the new parameter and state, which the caller owns. */
  update(parameter: TrainedParameter, tensors: UpdateTensors): { parameter: Tensor; state: Tensor[] }
}

export function stateName(state: string, parameter: string): string {
  return `${state}.${parameter}`
}

/** The one state of an optimizer that keeps several in a fixed order. */
export function stateAt(state: readonly Tensor[], index: number): Tensor {
  const tensor = state[index]
  if (tensor === undefined) throw new Error(`the optimizer has no state ${index}`)
  return tensor
}
