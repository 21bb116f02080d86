import { attr, dtypes, rawOp, tf, type Tensor } from '../tensorflow'
import { add, cast, multiply, subtract } from './elementwise'
import { binary, choose, clip, compare, extreme, perImage, reshape, unary } from './pixels'

/** Changes of the tone curve as in PIL and torchvision; images [K, 3, H, W] from 0 to 255. */

/** Keeps the highest bits; the parameter is the smallest step that is left. */
export function posterize(x: Tensor, parameters: Tensor): Tensor {
  const step = perImage(parameters, 1)
  return multiply(unary('Floor', binary('RealDiv', x, step)), step)
}

/** Inverts what is at least as bright as the threshold. */
export function solarize(x: Tensor, parameters: Tensor): Tensor {
  const isBright = compare('GreaterEqual', x, perImage(parameters, 1))
  return choose(isBright, subtract(tf.scalar(255), x), x)
}

const levels = 256

/** Spreads each channel's histogram evenly, by PIL's table of whole levels. */
export function equalize(x: Tensor): Tensor {
  const [, channels = 0, height = 0, width = 0] = x.shape
  const pixels = height * width
  const bytes = cast(reshape(unary('Round', x), [-1, pixels]), dtypes.float32, dtypes.int32)
  const counts = rawOp(
    'DenseBincount',
    [bytes, tf.scalar(levels, 'int32'), tf.tensor1d([])],
    [attr.type('T', dtypes.float32), attr.type('Tidx', dtypes.int32), attr.bool('binary_output', false)],
  )
  const cumulative = rawOp(
    'Cumsum',
    [counts, tf.scalar(1, 'int32')],
    [
      attr.bool('exclusive', false),
      attr.bool('reverse', false),
      attr.type('T', dtypes.float32),
      attr.type('Tidx', dtypes.int32),
    ],
  )
  // Pixels below the brightest level that occurs.
  const isBelow = compare('Less', cumulative, tf.scalar(pixels))
  const below = extreme('Max', choose(isBelow, cumulative, tf.scalar(0)), [1])
  const step = unary('Floor', multiply(below, tf.scalar(1 / 255)))
  const half = unary('Floor', multiply(step, tf.scalar(0.5)))
  const exclusive = subtract(cumulative, counts)
  const spread = unary('Floor', binary('DivNoNan', add(exclusive, half), step))
  // The darkest level stays black.
  const isFirst = tf.tensor2d(
    Float32Array.from({ length: levels }, (_, level) => (level === 0 ? 0 : 255)),
    [1, levels],
  )
  const table = binary('Minimum', clip(spread, 0, 255), isFirst)
  const looked = rawOp(
    'GatherV2',
    [table, bytes, tf.scalar(1, 'int32')],
    [
      attr.type('Tparams', dtypes.float32),
      attr.type('Tindices', dtypes.int32),
      attr.type('Taxis', dtypes.int32),
      attr.int('batch_dims', 1),
    ],
  )
  const hasStep = compare('Less', tf.scalar(0), reshape(step, [-1, channels, 1, 1]))
  return choose(hasStep, reshape(looked, [-1, channels, height, width]), x)
}
