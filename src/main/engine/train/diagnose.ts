import { VitrineError } from '@shared/errors'
import { positionWords } from '@shared/trainingPosition'
import { tf, type Tensor } from '../backend/tensorflow'
import type { Weights } from '../vit/parameters'
import { forward } from '../vit/vit'
import { trainingTensors } from './batchTensors'
import { partWords } from './partWords'
import { batchGradients, trainingPixels, type StepParameters } from './step'
import type { StepSettings } from './stepSettings'
import type { StepBatch, Trainer } from './trainer'
import type { TrainingState } from './trainingState'

function isFinite(tensor: Tensor): boolean {
  return tf.tidy(() => tf.all(tf.isFinite(tensor)).dataSync()[0] === 1)
}

function firstNonFiniteWeight(weights: Weights): string | null {
  for (const [name, { data }] of weights) if (!data.every(Number.isFinite)) return name
  return null
}

/** Name of the first tap of a forward pass, as the step makes it, whose values are not all finite. */
function firstNonFiniteTap(parameters: StepParameters, batch: StepBatch, settings: StepSettings): string | null {
  let found: string | null = null
  tf.tidy(() => {
    const inputs = trainingTensors(batch, settings)
    let site = 0
    forward(trainingPixels(inputs, settings), settings.sizes, {
      parameter: (name) => parameters.trained.get(name) ?? parameters.frozen(name),
      dropoutSource: { seed: inputs.seed, nextSite: () => site++ },
      tap: (name, tensor) => {
        if (found === null && !isFinite(tensor)) found = name
      },
    })
  })
  return found
}

/** Name of the first parameter, from the head backwards, whose gradient is not finite. */
function firstNonFiniteGradient(parameters: StepParameters, batch: StepBatch, settings: StepSettings): string | null {
  let found: string | null = null
  tf.tidy(() => {
    const { correct, gradients } = batchGradients(parameters, trainingTensors(batch, settings), settings, 'mean')
    // Kept beyond its own tidy by the step.
    correct.dispose()
    const names = [...parameters.trained.keys()]
    const last = gradients.findLastIndex((gradient) => !isFinite(gradient))
    found = names[last] ?? null
  })
  return found
}

/**
 * Where, in words, a step's numbers first stop being finite: in the weights, in the forward pass, or in
 * the gradients. Null where a pass in fp32 without a graph finds nothing.
 */
export function placeOfNonFinite(
  weights: Weights,
  batches: readonly StepBatch[],
  settings: StepSettings,
): string | null {
  const weight = firstNonFiniteWeight(weights)
  if (weight !== null) return `in the weights of ${partWords(weight)}`
  let found: string | null = null
  tf.tidy(() => {
    const tensors = new Map(
      [...weights].map(([name, { shape, data }]) => [name, tf.tensor(data, [...shape], 'float32')]),
    )
    const parameters: StepParameters = {
      trained: tensors,
      frozen: (name) => {
        throw new Error(`the model has no parameter ${name}`)
      },
    }
    found = placeInPasses(parameters, batches, settings)
  })
  return found
}

function placeInPasses(
  parameters: StepParameters,
  batches: readonly StepBatch[],
  settings: StepSettings,
): string | null {
  for (const batch of batches) {
    const tap = firstNonFiniteTap(parameters, batch, settings)
    if (tap !== null) return `in ${partWords(tap)}`
  }
  for (const batch of batches) {
    const gradient = firstNonFiniteGradient(parameters, batch, settings)
    if (gradient !== null) return `in the gradient of ${partWords(gradient)}`
  }
  return null
}

export interface FailedStep {
  step: number
  epoch: number
  /** Null where the run has no checkpoint yet. */
  lastSaved: TrainingState | null
}

/**
 * What is thrown for a step that changed nothing, because its loss or gradient was not finite: the
 * step, where it shows first, what helps, and which checkpoint is kept.
 */
export function notFiniteError(
  trainer: Trainer,
  settings: StepSettings,
  batches: readonly StepBatch[],
  { step, epoch, lastSaved }: FailedStep,
): VitrineError {
  const place = placeOfNonFinite(trainer.weights(), batches, settings)
  const where = place === null ? '' : `, first ${place}`
  const kept =
    lastSaved === null
      ? 'There is no checkpoint yet.'
      : `The checkpoint of ${positionWords({ epoch: lastSaved.epoch - 1, stepInEpoch: lastSaved.stepInEpoch })} is kept.`
  return new VitrineError(
    'not-finite',
    `The numbers stopped being finite at step ${step}, in epoch ${epoch}${where}: a lower learning rate, a longer warm-up or gradient clipping usually helps. ${kept}`,
  )
}
