import type { TrainConfig, VitSizes } from '@shared/config/runConfig'
import { crossEntropy } from '../backend/ops/crossEntropy'
import { cropAndResize, normaliseChannels } from '../backend/ops/images'
import { attr, dtypes, rawOp, tf, type Tensor } from '../backend/tensorflow'
import { forward } from '../vit/vit'

/** What a training or evaluation step is made for; all of it is fixed when the step is traced. */
export interface StepSettings {
  sizes: VitSizes
  batchSize: number
  /** Side of the dataset's records, in pixels. */
  recordSide: number
  normalize: { mean: readonly number[]; std: readonly number[] }
  labelSmoothing: number
  clipGradNorm: number | null
  optimizer: TrainConfig['optimizer']
}

/** A batch as tensors. */
export interface StepInputs {
  /** [B, R, R, 3] uint8 */
  images: Tensor
  /** [B, 4] */
  boxes: Tensor
  /** [B] int32 */
  labels: Tensor
  /** [B]; 1 for an image that counts, 0 for padding. */
  counted: Tensor
}

export function modelInput({ images, boxes }: StepInputs, settings: StepSettings): Tensor {
  const { mean, std } = settings.normalize
  return normaliseChannels(cropAndResize(images, boxes, settings.sizes.imageSize), mean, std)
}

/** Number of counted images whose largest logit is the label's; scalar float32. */
function correctCount(logits: Tensor, { labels, counted }: StepInputs): Tensor {
  const hits = tf.equal(tf.argMax(logits, -1), labels).toFloat()
  return tf.sum(tf.mul(hits, counted))
}

export interface StepGradients {
  /** Mean loss over the counted images. */
  loss: Tensor
  correct: Tensor
  /** One per parameter, in their order, clipped where the settings say so. */
  gradients: Tensor[]
  /** Norm of all gradients together, before clipping. */
  gradNorm: Tensor
}

/** Half the sum of squares, without a temporary. */
function halfSquares(x: Tensor): Tensor {
  return rawOp('L2Loss', [x], [attr.type('T', dtypes.float32)])
}

/** Gradients scaled so that their common norm is at most `limit`, as PyTorch's `clip_grad_norm_` does. */
function clip(gradients: Tensor[], norm: Tensor, limit: number): Tensor[] {
  const factor = tf.minimum(tf.div(limit, tf.add(norm, 1e-6)), 1)
  return gradients.map((gradient) => tf.mul(gradient, factor))
}

/**
 * Loss and gradients of one batch. The caller disposes everything.
 * @param parameters by name, in the order in which gradients are wanted
 * @param seed scalar int32, new each step
 */
export function stepGradients(
  parameters: ReadonlyMap<string, Tensor>,
  inputs: StepInputs,
  seed: Tensor,
  settings: StepSettings,
): StepGradients {
  const names = [...parameters.keys()]
  const pixels = modelInput(inputs, settings)
  const images = tf.sum(inputs.counted)
  let site = 0
  let correct: Tensor | undefined
  const { value, grads } = tf.valueAndGrads((...values: Tensor[]) => {
    const byName = new Map(names.map((name, index) => [name, values[index]]))
    const logits = forward(pixels, settings.sizes, {
      parameter: (name) => {
        const parameter = byName.get(name)
        if (parameter === undefined) throw new Error(`the model has no parameter ${name}`)
        return parameter
      },
      dropoutSource: { seed, nextSite: () => site++ },
    })
    correct = tf.keep(correctCount(logits, inputs))
    const losses = crossEntropy(logits, inputs.labels, settings.labelSmoothing)
    return tf.div(tf.sum(tf.mul(losses, inputs.counted)), images).asScalar()
  })([...parameters.values()])
  if (correct === undefined) throw new Error('the step gave no count of hits')
  const gradNorm = tf.sqrt(tf.mul(tf.addN(grads.map(halfSquares)), 2))
  const gradients = settings.clipGradNorm === null ? grads : clip(grads, gradNorm, settings.clipGradNorm)
  return { loss: value, correct, gradients, gradNorm }
}

/** Summed loss and hits of one batch without dropout; scalars. */
export function evaluateBatch(
  parameter: (name: string) => Tensor,
  inputs: StepInputs,
  settings: StepSettings,
): { lossSum: Tensor; correct: Tensor } {
  const logits = forward(modelInput(inputs, settings), settings.sizes, { parameter })
  const losses = crossEntropy(logits, inputs.labels, settings.labelSmoothing)
  return { lossSum: tf.sum(tf.mul(losses, inputs.counted)), correct: correctCount(logits, inputs) }
}
