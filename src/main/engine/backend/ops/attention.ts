import { attr, dtypes, rawOp, tf, type Tensor } from '../tensorflow'
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
