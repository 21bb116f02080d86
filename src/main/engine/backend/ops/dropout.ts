import { elementCount } from '@shared/elementCount'
import { dropoutAttributes, hasNativeKernels } from '../nativeKernels'
import { attr, dtypes, rawChain, rawOp, tf, type Tensor } from '../tensorflow'
import { cast, multiply, scale } from './elementwise'
import { withGradient } from './withGradient'

/** Seeds a step's dropout: `seed` is fed anew each step, `site` tells apart the places it is used at. */
export interface DropoutSource {
  /** Scalar int32. */
  seed: Tensor
  nextSite(): number
}

const levels = 65536

/**
 * True with probability `1 − rate` (to 1/65536), from TensorFlow's counter-based generator. Each
 * 64-bit draw serves four elements: drawing is what makes dropout dear.
 */
function keepMask(shape: readonly number[], rate: number, source: DropoutSource): Tensor {
  const count = elementCount(shape)
  const draws = Math.ceil(count / 4)
  const seed = tf.stack([source.seed, tf.scalar(source.nextSite(), 'int32')])
  const threshold = Math.round(rate * levels)
  const size = tf.tensor1d([draws], 'int32')
  const whole = tf.tensor1d([draws * 4], 'int32')
  const begin = tf.tensor1d([0], 'int32')
  const counted = tf.tensor1d([count], 'int32')
  const wanted = tf.tensor1d([...shape], 'int32')
  const limit = tf.scalar(threshold, 'int32')
  return rawChain([size, seed, whole, begin, counted, wanted, limit], (ids, run) => {
    const [sizeId = 0, seedId = 0, wholeId = 0, beginId = 0, countId = 0, wantedId = 0, limitId = 0] = ids
    const random = run(
      'StatelessRandomUniformFullInt',
      [attr.type('dtype', dtypes.int64), attr.type('T', dtypes.int32), attr.type('Tseed', dtypes.int32)],
      [sizeId, seedId],
    )
    const bits = run('Bitcast', [attr.type('T', dtypes.int64), attr.type('type', dtypes.uint16)], [random.id])
    const reshapeTypes = [attr.type('T', dtypes.uint16), attr.type('Tshape', dtypes.int32)]
    const flat = run('Reshape', reshapeTypes, [bits.id, wholeId])
    const sliceTypes = [attr.type('T', dtypes.uint16), attr.type('Index', dtypes.int32)]
    const exact = count === draws * 4 ? flat : run('Slice', sliceTypes, [flat.id, beginId, countId])
    const shaped = run('Reshape', reshapeTypes, [exact.id, wantedId])
    const castTypes = [attr.type('SrcT', dtypes.int32), attr.type('DstT', dtypes.uint16), attr.bool('Truncate', false)]
    const limit16 = run('Cast', castTypes, [limitId])
    return run('GreaterEqual', [attr.type('T', dtypes.uint16)], [shaped.id, limit16.id])
  })
}

/** Dropout by a mask whose shape broadcasts to that of x. */
function dropByMask(x: Tensor, rate: number, source: DropoutSource, maskShape: readonly number[]): Tensor {
  const keepScale = 1 / (1 - Math.round(rate * levels) / levels)
  const apply = (value: Tensor, mask: Tensor) =>
    multiply(value, scale(cast(mask, dtypes.bool, dtypes.float32), keepScale))
  return withGradient(
    [x],
    () => {
      const mask = keepMask(maskShape, rate, source)
      return { value: apply(x, mask), kept: [mask] as const }
    },
    (gradient, [mask]) => [apply(gradient, mask)],
  )
}

/** Dropout by our own op, which makes its choices again for the gradient instead of keeping them. */
function fusedDropout(x: Tensor, rate: number, source: DropoutSource): Tensor {
  const { seed } = source
  const attributes = dropoutAttributes(rate, source.nextSite())
  return withGradient(
    [x],
    () => ({ value: rawOp('VitrineDropout', [x, seed], attributes), kept: [seed] as const }),
    (gradient, [sameSeed]) => [rawOp('VitrineDropout', [gradient, sameSeed], attributes)],
  )
}

/**
 * Dropout: elements are zeroed with probability `rate` and the rest scaled by 1 / (1 − rate).
 * @param x any shape
 */
export function dropout(x: Tensor, rate: number, source: DropoutSource | null): Tensor {
  if (rate === 0 || source === null) return x
  return hasNativeKernels ? fusedDropout(x, rate, source) : dropByMask(x, rate, source, x.shape)
}

/**
 * Dropout of whole rows.
 * @param x [B, n]
 */
export function dropRows(x: Tensor, rate: number, source: DropoutSource | null): Tensor {
  return rate === 0 || source === null ? x : dropByMask(x, rate, source, [x.shape[0], 1])
}
