import { attr, dtypes, tf, type Tensor } from '../backend/tensorflow'
import { augmentInputShapes } from '../data/augment/plan'
import type { ProgramSpec, SignatureBuilder, SignatureSpec, VariableSpec } from '../graph/program'
import type { InputSpec } from '../graph/session'
import { parameterSpecs } from '../vit/parameters'
import { optimizerFor } from './optimizers/choose'
import { scalarNames, stateName } from './optimizers/optimizer'
import { trainedParameters, type TrainedParameter } from './parameterGroups'
import {
  batchGradients,
  clipped,
  evaluateBatch,
  type StepInputs,
  type StepParameters,
  type StepSettings,
  type TrainingInputs,
} from './step'
import { averageName } from './trainer'

/** Groups of the program's variables. */
export const groups = { weights: 'weights', state: 'state', averages: 'averages', sums: 'sums' } as const

/** Where gradients are summed over the batches of a step. */
const sumName = (name: string) => `gradient_sum.${name}`

type Inputs = Record<string, InputSpec>

const scalarFloat: InputSpec = { dtype: dtypes.float32, shape: [] }
const scalarInputs: Inputs = Object.fromEntries(scalarNames.map((name) => [name, scalarFloat]))

function batchSpecs({ batchSize, recordSide }: StepSettings): Inputs {
  return {
    images: { dtype: dtypes.uint8, shape: [batchSize, recordSide, recordSide, 3] },
    boxes: { dtype: dtypes.float32, shape: [batchSize, 4] },
    labels: { dtype: dtypes.int32, shape: [batchSize] },
    counted: { dtype: dtypes.float32, shape: [batchSize] },
  }
}

function trainingSpecs(settings: StepSettings): Inputs {
  const { batchSize, sizes } = settings
  const mix: Inputs = {
    partners: { dtype: dtypes.int32, shape: [batchSize] },
    pixelShare: { dtype: dtypes.float32, shape: [1, sizes.imageSize, sizes.imageSize, 1] },
    labelShare: scalarFloat,
  }
  const augment: Inputs = Object.fromEntries(
    [...augmentInputShapes(settings.augment, batchSize)].map(([name, shape]) => [
      name,
      { dtype: dtypes.float32, shape },
    ]),
  )
  const seed: InputSpec = { dtype: dtypes.int32, shape: [] }
  return { ...batchSpecs(settings), ...augment, ...(settings.mixes ? mix : {}), seed }
}

type InputTensors = (name: string) => Tensor

function stepInputs(input: InputTensors): StepInputs {
  return { images: input('images'), boxes: input('boxes'), labels: input('labels'), counted: input('counted') }
}

function trainingInputs(input: InputTensors, { mixes }: StepSettings): TrainingInputs {
  const mix = mixes
    ? { partners: input('partners'), pixelShare: input('pixelShare'), labelShare: input('labelShare') }
    : null
  return { ...stepInputs(input), augment: input, mix, seed: input('seed') }
}

function stepParameters(builder: SignatureBuilder, trained: readonly TrainedParameter[]): StepParameters {
  return {
    trained: new Map(trained.map(({ name }) => [name, builder.read(name)])),
    frozen: (name) => builder.read(name),
  }
}

/** ema ← ema + (1 − decay)·(w − ema), after the weight's own update (timm's `ModelEmaV3`). */
function addAverageUpdate(builder: SignatureBuilder, name: string, decay: number, after: string) {
  const average = averageName(name)
  const difference = tf.sub(builder.read(average), builder.readAfter(name, [after]))
  builder.update(
    'ResourceApplyGradientDescent',
    [builder.handle(average), builder.tracer.edgeOf(tf.scalar(1 - decay)), builder.tracer.edgeOf(difference)],
    [attr.type('T', dtypes.float32), attr.bool('use_locking', false)],
    [],
  )
}

/**
 * Adds clipping, the optimizer and the moving average to a traced step. Where loss or gradient is not
 * finite, none of the variables changes.
 */
function addUpdates(
  builder: SignatureBuilder,
  input: InputTensors,
  trained: readonly TrainedParameter[],
  { loss, gradients: raw }: { loss: Tensor; gradients: Tensor[] },
  settings: StepSettings,
): { gradNorm: Tensor; applied: Tensor } {
  const { gradNorm, gradients } = clipped(raw, settings.clipGradNorm)
  const finite = tf.logicalAnd(tf.isFinite(loss), tf.isFinite(gradNorm))
  builder.updateOnlyIf(finite)
  const optimizer = optimizerFor(settings.optimizer)
  const scalars = {
    learningRate: input('learningRate'),
    correction1: input('correction1'),
    correction2: input('correction2'),
  }
  trained.forEach((parameter, index) => {
    const gradient = gradients[index]
    if (gradient === undefined) throw new Error(`${parameter.name} has no gradient`)
    const updated = optimizer.addUpdate(builder, parameter, gradient, scalars)
    if (settings.ema !== null) addAverageUpdate(builder, parameter.name, settings.ema.decay, updated)
  })
  return { gradNorm, applied: finite.toFloat() }
}

/** One batch, one step. */
function trainSignature(settings: StepSettings, trained: readonly TrainedParameter[]): SignatureSpec {
  return {
    inputs: { ...trainingSpecs(settings), ...scalarInputs },
    build: (builder, input) => {
      const inputs = trainingInputs(input, settings)
      const batch = batchGradients(stepParameters(builder, trained), inputs, settings, 'mean')
      const { gradNorm, applied } = addUpdates(builder, input, trained, batch, settings)
      return { loss: batch.loss, correct: batch.correct, gradNorm, applied }
    },
  }
}

/** One batch whose gradients are added to those of the batches before. */
function accumulateSignature(settings: StepSettings, trained: readonly TrainedParameter[]): SignatureSpec {
  return {
    inputs: trainingSpecs(settings),
    build: (builder, input) => {
      const inputs = trainingInputs(input, settings)
      const parameters = stepParameters(builder, trained)
      const { loss, weight, correct, gradients } = batchGradients(parameters, inputs, settings, 'sum')
      gradients.forEach((gradient, index) => {
        const name = sumName(trained[index]?.name ?? '')
        const operands = [builder.handle(name), builder.tracer.edgeOf(gradient)]
        builder.update('AssignAddVariableOp', operands, [attr.type('dtype', dtypes.float32)], [])
      })
      return { lossSum: loss, weight, correct }
    },
  }
}

/** The step with the gradients of all its batches together. */
function applySignature(settings: StepSettings, trained: readonly TrainedParameter[]): SignatureSpec {
  return {
    inputs: { loss: scalarFloat, weight: scalarFloat, ...scalarInputs },
    build: (builder, input) => {
      const gradients = trained.map(({ name }) => tf.div(builder.read(sumName(name)), input('weight')))
      return addUpdates(builder, input, trained, { loss: input('loss'), gradients }, settings)
    },
  }
}

/** Losses and logits of a batch, with the weights that `variable` names for each parameter. */
export function evaluateSignature(settings: StepSettings, variable: (name: string) => string): SignatureSpec {
  return {
    inputs: batchSpecs(settings),
    build: (builder, input) => evaluateBatch((name) => builder.read(variable(name)), stepInputs(input), settings),
  }
}

function programSignatures(
  settings: StepSettings,
  trained: readonly TrainedParameter[],
): Record<string, SignatureSpec> {
  const signatures: Record<string, SignatureSpec> =
    settings.gradAccumulation === 1
      ? { train: trainSignature(settings, trained) }
      : { accumulate: accumulateSignature(settings, trained), apply: applySignature(settings, trained) }
  signatures.evaluate_raw = evaluateSignature(settings, (name) => name)
  if (settings.ema !== null) {
    const averaged = new Set(trained.map(({ name }) => name))
    signatures.evaluate_average = evaluateSignature(settings, (name) => (averaged.has(name) ? averageName(name) : name))
  }
  return signatures
}

function programVariables(
  settings: StepSettings,
  parameters: readonly { name: string; shape: readonly number[] }[],
  trained: readonly TrainedParameter[],
): VariableSpec[] {
  const { state } = optimizerFor(settings.optimizer)
  const beside = trained.flatMap(({ name, shape }) => [
    ...state.map((kept): VariableSpec => ({ name: stateName(kept, name), shape, group: groups.state })),
    ...(settings.ema === null ? [] : [{ name: averageName(name), shape, group: groups.averages }]),
    ...(settings.gradAccumulation === 1 ? [] : [{ name: sumName(name), shape, group: groups.sums }]),
  ])
  return [...parameters.map(({ name, shape }) => ({ name, shape, group: groups.weights })), ...beside]
}

/**
 * Signatures `train` (or `accumulate` and `apply`, where gradients are accumulated), `evaluate_raw` and,
 * with a moving average, `evaluate_average`.
 */
export function trainingProgram(settings: StepSettings): Omit<ProgramSpec, 'precision'> {
  const parameters = parameterSpecs(settings.sizes)
  const trained = trainedParameters(parameters, settings)
  return {
    variables: programVariables(settings, parameters, trained),
    signatures: programSignatures(settings, trained),
  }
}
