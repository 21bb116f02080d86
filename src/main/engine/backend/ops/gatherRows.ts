import { attr, dtypes, rawOp, tf, type Tensor } from '../tensorflow'

/**
 * Rows of `x` in the order of `indices`; no gradient.
 * @param x [N, …] float32
 * @param indices [M] int32
 * @returns [M, …]
 */
export function gatherRows(x: Tensor, indices: Tensor): Tensor {
  const attributes = [
    attr.type('Tparams', dtypes.float32),
    attr.type('Tindices', dtypes.int32),
    attr.type('Taxis', dtypes.int32),
    attr.int('batch_dims', 0),
  ]
  return rawOp('GatherV2', [x, indices, tf.scalar(0, 'int32')], attributes)
}
