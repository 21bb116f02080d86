import { attr, dtypes, rawOp, tf, type Tensor } from '../tensorflow'

/**
 * Warps images by projective maps, bilinear, black outside.
 * @param images [B, H, W, 3] float32
 * @param transforms [B, 8] or [1, 8]; from pixel indices of the result to those of the source
 * @returns [B, height, width, 3]
 */
export function warpImages(images: Tensor, transforms: Tensor, height: number, width: number): Tensor {
  return rawOp(
    'ImageProjectiveTransformV3',
    [images, transforms, tf.tensor1d([height, width], 'int32'), tf.scalar(0)],
    [
      attr.type('dtype', dtypes.float32),
      attr.string('interpolation', 'BILINEAR'),
      attr.string('fill_mode', 'CONSTANT'),
    ],
  )
}
