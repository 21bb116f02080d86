import { attr, dtypes, rawOp, tf, type Tensor } from '../tensorflow'

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

/** (pixel / 255 − mean) / std per channel; pixels 0 to 255, channels last. */
export function normaliseChannels(pixels: Tensor, mean: readonly number[], std: readonly number[]): Tensor {
  const factor = tf.tensor1d(std.map((deviation) => 1 / (255 * deviation)))
  const offset = tf.tensor1d(mean.map((value, channel) => -value / (std[channel] ?? 1)))
  return tf.add(tf.mul(pixels, factor), offset)
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
