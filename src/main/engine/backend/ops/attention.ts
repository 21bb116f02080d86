import { dropoutAttributes, hasNativeKernels } from '../nativeKernels'
import { attr, dtypes, rawOp, rawOps, tf, type Tensor } from '../tensorflow'
import { dropout, type DropoutSource } from './dropout'
import { multiply, scale, subtract, sum } from './elementwise'
import { matrixProduct } from './linear'
import { withGradient } from './withGradient'

const floatT = attr.type('T', dtypes.float32)

function transpose(x: Tensor, order: readonly number[]): Tensor {
  return rawOp('Transpose', [x, tf.tensor1d([...order], 'int32')], [floatT, attr.type('Tperm', dtypes.int32)])
}

export function reshape(x: Tensor, shape: readonly number[]): Tensor {
  return rawOp('Reshape', [x, tf.tensor1d([...shape], 'int32')], [floatT, attr.type('Tshape', dtypes.int32)])
}

export interface AttentionShape {
  batch: number
  tokens: number
  heads: number
  headDim: number
}

/**
 * Splits the joint projection into queries, keys and values.
 * @param qkv [B·N, 3·H·D]
 * @returns [3, B, H, N, D]
 */
export function splitHeads(qkv: Tensor, { batch, tokens, heads, headDim }: AttentionShape): Tensor {
  return withGradient(
    [qkv],
    () => ({ value: transpose(reshape(qkv, [batch, tokens, 3, heads, headDim]), [2, 0, 3, 1, 4]), kept: [] as const }),
    (gradient) => [reshape(transpose(gradient, [1, 3, 0, 2, 4]), [batch * tokens, 3 * heads * headDim])],
  )
}

/** [B, H, N, D] → [B·N, H·D] */
export function joinHeads(x: Tensor, { batch, tokens, heads, headDim }: AttentionShape): Tensor {
  return withGradient(
    [x],
    () => ({ value: reshape(transpose(x, [0, 2, 1, 3]), [batch * tokens, heads * headDim]), kept: [] as const }),
    (gradient) => [transpose(reshape(gradient, [batch, tokens, heads, headDim]), [0, 2, 1, 3])],
  )
}

/** The three parts of [3, B, H, N, D], each [B, H, N, D]. */
export function unpackThree(x: Tensor): [Tensor, Tensor, Tensor] {
  const [first, second, third] = tf.unstack(x)
  if (first === undefined || second === undefined || third === undefined) throw new Error('expected three parts')
  return [first, second, third]
}

/** softmax(q·kᵀ / √D), rows over keys. q, k: [B, H, N, D] → [B, H, N, N] */
export function attentionWeights(query: Tensor, key: Tensor, headDim: number): Tensor {
  const factor = 1 / Math.sqrt(headDim)
  return withGradient(
    [query, key],
    () => {
      const value = rawOp('Softmax', [scale(matrixProduct(query, key, false, true), factor)], [floatT])
      return { value, kept: [query, key, value] as const }
    },
    (gradient, [savedQuery, savedKey, weights]) => {
      const product = multiply(gradient, weights)
      const scores = scale(subtract(product, multiply(weights, sum(product, [-1], true))), factor)
      return [matrixProduct(scores, savedKey, false, false), matrixProduct(scores, savedQuery, true, false)]
    },
  )
}

/** weights·value. [B, H, N, N], [B, H, N, D] → [B, H, N, D] */
export function weightedSum(weights: Tensor, value: Tensor): Tensor {
  return withGradient(
    [weights, value],
    () => ({ value: matrixProduct(weights, value, false, false), kept: [weights, value] as const }),
    (gradient, [savedWeights, savedValue]) => [
      matrixProduct(gradient, savedValue, false, true),
      matrixProduct(savedWeights, gradient, true, false),
    ],
  )
}

export interface AttentionDropout {
  rate: number
  source: DropoutSource | null
}

/**
 * Attention of the joint projection, from queries to their mixed values.
 * @param qkv [B·N, 3·H·D]
 * @param queries how many tokens, from the first on, are asked; the others serve as keys and values alone
 * @param see is shown the weights [B, H, queries, N]; the pass goes on with what it returns, if anything
 * @returns [B·queries, H·D]
 */
export function selfAttention(
  qkv: Tensor,
  shape: AttentionShape,
  queries: number,
  dropping: AttentionDropout,
  see: ((weights: Tensor) => Tensor | undefined) | null,
): Tensor {
  return hasNativeKernels && see === null
    ? fusedAttention(qkv, shape, queries, dropping)
    : composedAttention(qkv, shape, queries, dropping, see)
}

/** `selfAttention` by one op of our own, which keeps no weights and makes them again for the gradient. */
function fusedAttention(
  qkv: Tensor,
  { tokens, heads, headDim }: AttentionShape,
  queries: number,
  { rate, source }: AttentionDropout,
): Tensor {
  const seed = source?.seed ?? tf.scalar(0, 'int32')
  const drops = source !== null && rate > 0
  const attributes = [
    attr.int('tokens', tokens),
    attr.int('queries', queries),
    attr.int('heads', heads),
    attr.int('head_dim', headDim),
    ...dropoutAttributes(drops ? rate : 0, drops ? source.nextSite() : 0),
  ]
  return withGradient(
    [qkv],
    () => {
      const [value, logSums] = rawOps('VitrineAttention', [qkv, seed], attributes, 2)
      return { value, kept: [qkv, value, logSums, seed] as const }
    },
    (gradient, [input, output, sums, sameSeed]) => [
      rawOp('VitrineAttentionGradient', [gradient, input, output, sums, sameSeed], attributes),
    ],
  )
}

/** `selfAttention` by TensorFlow's ops. */
export function composedAttention(
  qkv: Tensor,
  shape: AttentionShape,
  queries: number,
  { rate, source }: AttentionDropout,
  see: ((weights: Tensor) => Tensor | undefined) | null,
): Tensor {
  const [allQueries, keys, values] = unpackThree(splitHeads(qkv, shape))
  const asked = queries === shape.tokens ? allQueries : tf.slice(allQueries, [0, 0, 0, 0], [-1, -1, queries, -1])
  const computed = attentionWeights(asked, keys, shape.headDim)
  const weights = see?.(computed) ?? computed
  return joinHeads(weightedSum(dropout(weights, rate, source), values), { ...shape, tokens: queries })
}
