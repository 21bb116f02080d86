import { attr, dtypes, rawOp, tf, type Tensor } from '../backend/tensorflow'

/** Half the sum of squares, without a temporary. */
function halfSquares(x: Tensor): Tensor {
  return rawOp('L2Loss', [x], [attr.type('T', dtypes.float32)])
}

/** Euclidean norm of all the tensors' elements together; scalar. */
export function commonNorm(tensors: readonly Tensor[]): Tensor {
  return tf.sqrt(tf.mul(tf.addN(tensors.map(halfSquares)), 2))
}
