import { attr, dtypes, rawChain, rawOp, tf, type Tensor } from '../tensorflow'

/**
 * Ops on images by channels first, [K, 3, H, W], from 0 to 255, without gradients. K may differ from
 * what the tensor's shape says while a step is traced: see `onSubset`.
 */

const floatT = attr.type('T', dtypes.float32)
const sliceTypes = [attr.type('T', dtypes.float32), attr.type('Index', dtypes.int32)]

const int32s = (values: readonly number[]) => tf.tensor1d([...values], 'int32')

/** The part of `x` that begins at `begin`; a size of −1 means all that is left. */
export function slice(x: Tensor, begin: readonly number[], size: readonly number[]): Tensor {
  return rawOp('Slice', [x, int32s(begin), int32s(size)], sliceTypes)
}

export function reshape(x: Tensor, shape: readonly number[]): Tensor {
  return rawOp('Reshape', [x, int32s(shape)], [floatT, attr.type('Tshape', dtypes.int32)])
}

export function transpose(x: Tensor, order: readonly number[]): Tensor {
  return rawOp('Transpose', [x, int32s(order)], [floatT, attr.type('Tperm', dtypes.int32)])
}

export function clip(x: Tensor, low: number, high: number): Tensor {
  return rawOp('ClipByValue', [x, tf.scalar(low), tf.scalar(high)], [floatT])
}

/** Cuts to what a pixel can be. */
export const clipPixels = (x: Tensor) => clip(x, 0, 255)

/** Column `index` of a stage's input, to be laid over [K, 3, H, W]: [K, 1, 1, 1]. */
export function perImage(parameters: Tensor, index: number): Tensor {
  return reshape(slice(parameters, [0, index], [-1, 1]), [-1, 1, 1, 1])
}

/** A numeric op of two inputs by TensorFlow's name. */
export function binary(op: 'Maximum' | 'Minimum' | 'RealDiv' | 'DivNoNan', a: Tensor, b: Tensor): Tensor {
  return rawOp(op, [a, b], [floatT])
}

export function unary(op: 'Abs' | 'Floor' | 'Round', x: Tensor): Tensor {
  return rawOp(op, [x], [floatT])
}

/** A comparison; bool. */
export function compare(op: 'Equal' | 'Less' | 'GreaterEqual', a: Tensor, b: Tensor): Tensor {
  const attributes = op === 'Equal' ? [floatT, attr.bool('incompatible_shape_error', true)] : [floatT]
  return rawOp(op, [a, b], attributes)
}

export function choose(condition: Tensor, yes: Tensor, no: Tensor): Tensor {
  return rawOp('SelectV2', [condition, yes, no], [floatT])
}

export function extreme(op: 'Max' | 'Min', x: Tensor, axes: readonly number[]): Tensor {
  const attributes = [floatT, attr.type('Tidx', dtypes.int32), attr.bool('keep_dims', true)]
  return rawOp(op, [x, int32s(axes)], attributes)
}

/** One channel: [K, 1, H, W]. */
export const channel = (x: Tensor, index: number) => slice(x, [0, index, 0, 0], [-1, 1, -1, -1])

/** Zeros all around. */
export function padZeros(x: Tensor, rows: number, columns: number): Tensor {
  const paddings = tf.tensor2d([0, 0, 0, 0, rows, rows, columns, columns], [4, 2], 'int32')
  return rawOp('Pad', [x, paddings], [floatT, attr.type('Tpaddings', dtypes.int32)])
}

/**
 * Rows (axis 2) or columns (axis 3) mirrored about the first and the last. TensorFlow's `MirrorPad`
 * refuses a batch of no images, which `onSubset` may give.
 */
export function mirrorEnds(x: Tensor, axis: 2 | 3, count: number): Tensor {
  const length = x.shape[axis] ?? 0
  const part = (start: number) => {
    const begin = [0, 0, 0, 0].map((_, index) => (index === axis ? start : 0))
    const size = [-1, -1, -1, -1].map((_, index) => (index === axis ? count : -1))
    return rawOp('ReverseV2', [slice(x, begin, size), int32s([axis])], [floatT, attr.type('Tidx', dtypes.int32)])
  }
  const types = [attr.int('N', 3), floatT, attr.type('Tidx', dtypes.int32)]
  return rawOp('ConcatV2', [part(1), x, part(length - 1 - count), tf.scalar(axis, 'int32')], types)
}

/**
 * Applies an op to the images where it is on, and leaves the others alone. How many those are is
 * known only when the graph runs: while it is traced, `apply` sees none, and it must not use K.
 * @param x [K, 3, H, W]
 * @param parameters [K, columns]; the first column is 1 where the op is on
 * @param apply gets the images and their rows of the parameters
 */
export function onSubset(x: Tensor, parameters: Tensor, apply: (images: Tensor, parameters: Tensor) => Tensor): Tensor {
  const places = rawChain([slice(parameters, [0, 0], [-1, 1]), int32s([-1])], ([on = 0, flat = 0], run) => {
    const mask = run('Reshape', [floatT, attr.type('Tshape', dtypes.int32)], [on, flat])
    const found = run('Where', [floatT], [mask.id])
    const types = [attr.type('SrcT', dtypes.int64), attr.type('DstT', dtypes.int32), attr.bool('Truncate', false)]
    return run('Cast', types, [found.id])
  })
  const gather = (from: Tensor) =>
    rawOp('GatherNd', [from, places], [attr.type('Tparams', dtypes.float32), attr.type('Tindices', dtypes.int32)])
  const changed = apply(gather(x), gather(parameters))
  return rawOp(
    'TensorScatterUpdate',
    [x, places, changed],
    [attr.type('T', dtypes.float32), attr.type('Tindices', dtypes.int32)],
  )
}
