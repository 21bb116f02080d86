import { brightness, autocontrast, contrast, hue, saturation } from '../../backend/ops/colour'
import { cast } from '../../backend/ops/elementwise'
import { erase } from '../../backend/ops/erase'
import { concatBatches, cropAndResize, greyChannel, normaliseChannels, sliceBatch } from '../../backend/ops/images'
import { onSubset, transpose } from '../../backend/ops/pixels'
import { gaussianBlur, sharpness } from '../../backend/ops/stencil'
import { equalize, posterize, solarize } from '../../backend/ops/tone'
import { warpImages } from '../../backend/ops/warp'
import { dtypes, tf, type Tensor } from '../../backend/tensorflow'
import { augmentInputShapes, warpInput, type AugmentPlan, type AugmentValues, type PixelKind } from './plan'

/** Augmentation as TensorFlow ops: pixels are changed where the graph runs, by parameters that are fed. */

/**
 * The op of each kind: images [K, 3, H, W] from 0 to 255, and [K, columns] of which the first column
 * isn't used; see `stageParameters` for the rest.
 */
export const pixelOps: Record<PixelKind, (images: Tensor, parameters: Tensor) => Tensor> = {
  brightness,
  contrast,
  saturation,
  hue,
  autocontrast,
  gaussianBlur,
  sharpness,
  posterize,
  solarize,
  equalize,
  erase,
}

/**
 * Images that go through all operations together. Their intermediate values stay in the processor's
 * cache then, which makes each pass over them about four times faster than over a whole batch.
 */
const chunkImages = 8

interface AugmentSettings {
  plan: AugmentPlan
  /** Of the model's input. */
  side: number
  /** One number for each channel of the model's input: with one, it gets the brightness. */
  normalize: { mean: readonly number[]; std: readonly number[] }
}

/** [B, S, S, 3] from 0 to 255 → [B, S, S, C] normalised. */
function normalised(pixels: Tensor, { mean, std }: AugmentSettings['normalize']): Tensor {
  return normaliseChannels(mean.length === 1 ? greyChannel(pixels) : pixels, mean, std)
}

function augmentedChunk(
  images: Tensor,
  boxes: Tensor,
  input: (name: string) => Tensor,
  { plan, side }: AugmentSettings,
): Tensor {
  const shaped =
    plan.geometry === 'warp'
      ? warpImages(cast(images, dtypes.uint8, dtypes.float32), input(warpInput), side, side)
      : cropAndResize(images, boxes, side)
  if (plan.stages.length === 0) return shaped
  let pixels = transpose(shaped, [0, 3, 1, 2])
  for (const { name, kind, always } of plan.stages) {
    const op = pixelOps[kind]
    pixels = always ? op(pixels, input(name)) : onSubset(pixels, input(name), op)
  }
  return transpose(pixels, [0, 2, 3, 1])
}

/**
 * A batch of records as the model gets it.
 * @param images [B, R, R, 3] uint8
 * @param boxes [B, 4], see `CropBox`; not used by a plan that warps
 * @param input gives the plan's inputs by name, see `augmentInputShapes`
 * @returns [B, side, side, C] normalised
 */
export function augmentedInput(
  images: Tensor,
  boxes: Tensor,
  input: (name: string) => Tensor,
  settings: AugmentSettings,
): Tensor {
  const { plan, side, normalize } = settings
  if (plan.geometry === 'box' && plan.stages.length === 0) {
    return normalised(cropAndResize(images, boxes, side), normalize)
  }
  const [batch = 0] = images.shape
  const chunks = Array.from({ length: Math.ceil(batch / chunkImages) }, (_, chunk) => {
    const start = chunk * chunkImages
    const count = Math.min(chunkImages, batch - start)
    const part = (name: string) => sliceBatch(input(name), start, count, dtypes.float32)
    const bytes = sliceBatch(images, start, count, dtypes.uint8)
    const chunkBoxes = sliceBatch(boxes, start, count, dtypes.float32)
    return normalised(augmentedChunk(bytes, chunkBoxes, part, settings), normalize)
  })
  return concatBatches(chunks)
}

/** A plan's inputs as tensors, for a pass without a graph. The caller owns them. */
export function augmentTensors(plan: AugmentPlan, values: AugmentValues, batchSize: number): (name: string) => Tensor {
  const tensors = new Map(
    [...augmentInputShapes(plan, batchSize)].map(([name, shape]) => {
      const given = values.get(name)
      if (given === undefined) throw new Error(`the batch has no values for ${name}`)
      return [name, tf.tensor2d(given, [...shape])]
    }),
  )
  return (name) => {
    const tensor = tensors.get(name)
    if (tensor === undefined) throw new Error(`the augmentation has no input ${name}`)
    return tensor
  }
}
