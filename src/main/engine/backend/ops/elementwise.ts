import { attr, dtypes, rawOp, tf, type DType, type Tensor } from '../tensorflow'

/** Ops by TensorFlow's own kernels, without gradients: the building blocks of `withGradient` bodies. */

const floatT = attr.type('T', dtypes.float32)

export const add = (a: Tensor, b: Tensor) => rawOp('AddV2', [a, b], [floatT])
export const subtract = (a: Tensor, b: Tensor) => rawOp('Sub', [a, b], [floatT])
export const multiply = (a: Tensor, b: Tensor) => rawOp('Mul', [a, b], [floatT])
export const square = (a: Tensor) => rawOp('Square', [a], [floatT])
export const inverseSquareRoot = (a: Tensor) => rawOp('Rsqrt', [a], [floatT])
export const exponential = (a: Tensor) => rawOp('Exp', [a], [floatT])
export const errorFunction = (a: Tensor) => rawOp('Erf', [a], [floatT])

/** a · factor, the factor a plain number. */
export const scale = (a: Tensor, factor: number) => multiply(a, tf.scalar(factor))

function reduce(op: 'Sum' | 'Mean', a: Tensor, axes: readonly number[], keepDims: boolean): Tensor {
  const attributes = [floatT, attr.type('Tidx', dtypes.int32), attr.bool('keep_dims', keepDims)]
  return rawOp(op, [a, tf.tensor1d([...axes], 'int32')], attributes)
}

export const sum = (a: Tensor, axes: readonly number[], keepDims = false) => reduce('Sum', a, axes, keepDims)
export const mean = (a: Tensor, axes: readonly number[], keepDims = false) => reduce('Mean', a, axes, keepDims)

export function cast(a: Tensor, from: DType, to: DType): Tensor {
  return rawOp('Cast', [a], [attr.type('SrcT', from), attr.type('DstT', to), attr.bool('Truncate', false)])
}
