import { greyWeights } from '@shared/greyscale'
import { attr, dtypes, rawOp, tf, type DType, type Tensor } from '../tensorflow'
import { multiply, sum } from './elementwise'

/**
 * Crops, mirrors and resizes bytes to model input.
 * @param images [B, R, R, 3] uint8
 * @param boxes [B, 4] y1, x1, y2, x2 from 0 to 1 between the first and the last pixel's centre
 * @returns [B, side, side, 3] float32, 0 to 255
 */
export function cropAndResize(images: Tensor, boxes: Tensor, side: number): Tensor {
  const batch = images.shape[0]
  const index = tf.tensor1d(
    Int32Array.from({ length: batch }, (_, image) => image),
    'int32',
  )
  const size = tf.tensor1d([side, side], 'int32')
  return rawOp(
    'CropAndResize',
    [images, boxes, index, size],
    [attr.type('T', dtypes.uint8), attr.float('extrapolation_value', 0), attr.string('method', 'bilinear')],
  )
}

/** The brightness of colours as one channel: [B, H, W, 3] → [B, H, W, 1]. */
export function greyChannel(pixels: Tensor): Tensor {
  return sum(multiply(pixels, tf.tensor1d([...greyWeights])), [3], true)
}

/**
 * (pixel / 255 − mean) / std per channel; pixels 0 to 255, [B, H, W, C]. Whole rows of factors make
 * it twice as fast as three: TensorFlow is slow at laying a short axis over a long one.
 */
export function normaliseChannels(pixels: Tensor, mean: readonly number[], std: readonly number[]): Tensor {
  const [batch = 0, height = 0, width = 0, channels = 0] = pixels.shape
  const row = (value: (channel: number) => number) =>
    tf.tensor1d(Float32Array.from({ length: width * channels }, (_, place) => value(place % channels)))
  const factor = row((channel) => 1 / (255 * (std[channel] ?? 1)))
  const offset = row((channel) => -(mean[channel] ?? 0) / (std[channel] ?? 1))
  const rows = tf.reshape(pixels, [batch * height, width * channels])
  return tf.reshape(tf.add(tf.mul(rows, factor), offset), [batch, height, width, channels])
}

/** Some images of a batch; the first axis is the batch's. */
export function sliceBatch(x: Tensor, start: number, count: number, dtype: DType): Tensor {
  const begin = tf.tensor1d([start, ...x.shape.slice(1).map(() => 0)], 'int32')
  const size = tf.tensor1d([count, ...x.shape.slice(1)], 'int32')
  return rawOp('Slice', [x, begin, size], [attr.type('T', dtype), attr.type('Index', dtypes.int32)])
}

/** The opposite of `sliceBatch`, float32. */
export function concatBatches(parts: readonly Tensor[]): Tensor {
  const [only] = parts
  if (only !== undefined && parts.length === 1) return only
  const attributes = [attr.int('N', parts.length), attr.type('T', dtypes.float32), attr.type('Tidx', dtypes.int32)]
  return rawOp('ConcatV2', [...parts, tf.scalar(0, 'int32')], attributes)
}

/**
 * Cuts images into flattened patches, row by row; inside a patch the order is row, column, channel.
 * @param pixels [B, S, S, C]
 * @returns [B·(S/p)², p·p·C]
 */
export function extractPatches(pixels: Tensor, patchSize: number): Tensor {
  const [batch = 0, side = 0, , channels = 0] = pixels.shape
  const grid = side / patchSize
  const blocks = rawOp(
    'SpaceToDepth',
    [pixels],
    [attr.type('T', dtypes.float32), attr.int('block_size', patchSize), attr.string('data_format', 'NHWC')],
  )
  return tf.reshape(blocks, [batch * grid * grid, patchSize * patchSize * channels])
}
