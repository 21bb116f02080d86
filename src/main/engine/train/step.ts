import { crossEntropy } from '../backend/ops/crossEntropy'
import { gatherRows } from '../backend/ops/gatherRows'
import { tf, type Tensor } from '../backend/tensorflow'
import { augmentedInput } from '../data/augment/apply'
import { plainPlan } from '../data/augment/plan'
import { forward } from '../vit/vit'
import { commonNorm } from './norm'
import type { StepSettings } from './stepSettings'

export type { StepSettings } from './stepSettings'

/** How a batch is mixed, as tensors. */
export interface MixInputs {
  /** [B] int32: the image that each one is mixed with. */
  partners: Tensor
  /** [1, S, S, 1]: what each pixel keeps of its own image. */
  pixelShare: Tensor
  /** Scalar: what each image keeps of its own label. */
  labelShare: Tensor
}

/** The images of a batch as tensors. */
interface ImageInputs {
  /** [B, R, R, 3] uint8 */
  images: Tensor
  /** [B, 4] */
  boxes: Tensor
}

/** A batch as tensors. */
export interface StepInputs extends ImageInputs {
  /** [B] int32 */
  labels: Tensor
  /** [B]; 1 for an image that counts, 0 for padding. */
  counted: Tensor
}

/** What a training step is given beside the batch. */
export interface TrainingInputs extends StepInputs {
  /** Null where the settings mix nothing. */
  mix: MixInputs | null
  /** Inputs of the augmentation's plan by name. */
  augment: (name: string) => Tensor
  /** Scalar int32, new for each batch. */
  seed: Tensor
}

/** Pixels of both partners by their share. */
function mixedPixels(pixels: Tensor, mix: MixInputs | null): Tensor {
  if (mix === null) return pixels
  const others = gatherRows(pixels, mix.partners)
  return tf.add(others, tf.mul(tf.sub(pixels, others), mix.pixelShare))
}

/** What the model gets of a training batch: augmented, normalised, mixed; [B, S, S, C]. */
export function trainingPixels({ images, boxes, augment, mix }: TrainingInputs, settings: StepSettings): Tensor {
  const { augment: plan, normalize, sizes } = settings
  return mixedPixels(augmentedInput(images, boxes, augment, { plan, side: sizes.imageSize, normalize }), mix)
}

/** What the model gets of an evaluated batch; [B, S, S, C]. */
function evaluatedPixels({ images, boxes }: ImageInputs, { normalize, sizes }: StepSettings): Tensor {
  const noInput = (name: string): never => {
    throw new Error(`an evaluation has no input ${name}`)
  }
  return augmentedInput(images, boxes, noInput, { plan: plainPlan, side: sizes.imageSize, normalize })
}

function oneHotLabels(labels: Tensor, classes: number): Tensor {
  return tf.oneHot(labels.as1D(), classes).toFloat()
}

/** Both partners' labels by their share; [B, classes], rows sum to 1. */
function mixedLabels({ labels, mix }: TrainingInputs, classes: number): Tensor {
  const own = oneHotLabels(labels, classes)
  if (mix === null) return own
  const others = gatherRows(own, mix.partners)
  return tf.add(others, tf.mul(tf.sub(own, others), mix.labelShare))
}

interface Targets {
  /** [B, classes]: with label smoothing, (1 − s) on the labels plus s / classes everywhere; times the class weights. */
  targets: Tensor
  /** [B]: how much each image counts in the mean; 0 for padding. */
  weights: Tensor
}

/**
 * The mean is weighted as that of PyTorch's `CrossEntropyLoss` with `weight`: an image counts by the
 * weight of its label, or of both its labels by their share.
 */
function targetsOf(labels: Tensor, counted: Tensor, { labelSmoothing, classWeights }: StepSettings): Targets {
  const smoothed =
    labelSmoothing === 0
      ? labels
      : tf.add(tf.mul(labels, 1 - labelSmoothing), labelSmoothing / (labels.shape.at(-1) ?? 1))
  if (classWeights === null) return { targets: smoothed, weights: counted }
  const factors = tf.tensor1d([...classWeights])
  return { targets: tf.mul(smoothed, factors), weights: tf.mul(tf.sum(tf.mul(labels, factors), -1), counted) }
}

/** Number of counted images whose largest logit is at the largest label; scalar float32. */
function correctCount(logits: Tensor, labels: Tensor, counted: Tensor): Tensor {
  const hits = tf.equal(tf.argMax(logits, -1), tf.argMax(labels, -1)).toFloat()
  return tf.sum(tf.mul(hits, counted))
}

/** The parameters of a step by name. */
export interface StepParameters {
  /** Those that gradients are wanted of, in that order. */
  trained: ReadonlyMap<string, Tensor>
  frozen: (name: string) => Tensor
}

export interface BatchGradients {
  /** The images' losses times their weights: their mean, or their sum. */
  loss: Tensor
  /** Sum of the images' weights. */
  weight: Tensor
  correct: Tensor
  /** Of the loss, one per trained parameter. */
  gradients: Tensor[]
}

/** Loss and gradients of one batch. The caller disposes everything. */
export function batchGradients(
  parameters: StepParameters,
  inputs: TrainingInputs,
  settings: StepSettings,
  reduction: 'mean' | 'sum',
): BatchGradients {
  const names = [...parameters.trained.keys()]
  const pixels = trainingPixels(inputs, settings)
  const labels = mixedLabels(inputs, settings.sizes.numClasses)
  const { targets, weights } = targetsOf(labels, inputs.counted, settings)
  const weight = tf.sum(weights)
  let site = 0
  let correct: Tensor | undefined
  const { value, grads } = tf.valueAndGrads((...values: Tensor[]) => {
    const byName = new Map(names.map((name, index) => [name, values[index]]))
    const logits = forward(pixels, settings.sizes, {
      parameter: (name) => byName.get(name) ?? parameters.frozen(name),
      dropoutSource: { seed: inputs.seed, nextSite: () => site++ },
    })
    correct = tf.keep(correctCount(logits, labels, inputs.counted))
    const sum = tf.sum(tf.mul(crossEntropy(logits, targets), inputs.counted))
    return (reduction === 'mean' ? tf.div(sum, weight) : sum).asScalar()
  })([...parameters.trained.values()])
  if (correct === undefined) throw new Error('the step gave no count of hits')
  return { loss: value, weight, correct, gradients: grads }
}

/**
 * The gradients' common norm, and the gradients scaled so that it is at most `limit`, as PyTorch's
 * `clip_grad_norm_` does.
 */
export function clipped(gradients: Tensor[], limit: number | null): { gradNorm: Tensor; gradients: Tensor[] } {
  const gradNorm = commonNorm(gradients)
  if (limit === null) return { gradNorm, gradients }
  const factor = tf.minimum(tf.div(limit, tf.add(gradNorm, 1e-6)), 1)
  return { gradNorm, gradients: gradients.map((gradient) => tf.mul(gradient, factor)) }
}

/**
 * What the model says of images without labels, and what its head sees of them.
 * @returns logits [B, classes] and representation [B, d], or [B, 2·d] where two tokens are read
 */
export function classifyBatch(
  parameter: (name: string) => Tensor,
  inputs: ImageInputs,
  settings: StepSettings,
): { logits: Tensor; representation: Tensor } {
  let representation: Tensor | undefined
  const takeRepresentation = (seen: Tensor) => {
    representation = tf.keep(seen)
  }
  const logits = forward(evaluatedPixels(inputs, settings), settings.sizes, { parameter, takeRepresentation })
  if (representation === undefined) throw new Error('the model gave no representation')
  return { logits, representation }
}

/**
 * What the model says without dropout; the losses are plain cross-entropies, without smoothing and
 * class weights.
 * @returns losses [B] and logits [B, classes]
 */
export function evaluateBatch(
  parameter: (name: string) => Tensor,
  inputs: StepInputs,
  settings: StepSettings,
): { losses: Tensor; logits: Tensor } {
  const logits = forward(evaluatedPixels(inputs, settings), settings.sizes, { parameter })
  return { losses: crossEntropy(logits, oneHotLabels(inputs.labels, settings.sizes.numClasses)), logits }
}
