import type { VitSizes } from '@shared/config/runConfig'
import { dropout, type DropoutSource } from '../backend/ops/dropout'
import { layerNorm } from '../backend/ops/layerNorm'
import { tf, type Tensor } from '../backend/tensorflow'
import { attention } from './attention'
import type { BlockContext, SequenceShape } from './blockContext'
import { mlp } from './mlp'

/** ε of every layer normalisation in the model. */
export const normEpsilon = 1e-6

export function normalise(x: Tensor, name: string, parameter: BlockContext['parameter']): Tensor {
  return layerNorm(x, parameter(`${name}.weight`), parameter(`${name}.bias`), normEpsilon)
}

/** Stochastic depth (Huang et al., 2016): a whole branch is dropped per image. */
function dropPath(branch: Tensor, rate: number, batch: number, source: DropoutSource | null): Tensor {
  if (rate === 0 || source === null) return branch
  return tf.reshape(dropout(tf.reshape(branch, [batch, -1]), rate, source, [batch, 1]), branch.shape)
}

/**
 * Pre-norm encoder block: x + attention(norm(x)), then x + mlp(norm(x)).
 * @param x [B·N, d]
 * @returns [B·N, d], or [B, d] with `classTokenOnly`
 */
export function encoderBlock(
  x: Tensor,
  name: string,
  dropPathRate: number,
  sizes: VitSizes,
  sequence: SequenceShape,
  context: BlockContext,
): Tensor {
  const { batch, tokens } = sequence
  const { parameter, dropoutSource, tap } = context
  const normalised = normalise(x, `${name}.norm1`, parameter)
  tap(`${name}.norm1`, normalised)
  const attended = attention(normalised, `${name}.attn`, sizes, sequence, context)
  tap(`${name}.attn`, attended)
  const carried = context.classTokenOnly ? classTokens(x, batch, tokens, sizes.embedDim) : x
  const middle = tf.add(carried, dropPath(attended, dropPathRate, batch, dropoutSource))
  const normalisedMiddle = normalise(middle, `${name}.norm2`, parameter)
  tap(`${name}.norm2`, normalisedMiddle)
  const transformed = mlp(normalisedMiddle, `${name}.mlp`, sizes, context)
  tap(`${name}.mlp`, transformed)
  const result = tf.add(middle, dropPath(transformed, dropPathRate, batch, dropoutSource))
  tap(name, result)
  return result
}

/** [B·N, d] → [B, d], the first token of each image. */
export function classTokens(x: Tensor, batch: number, tokens: number, width: number): Tensor {
  return tf.reshape(tf.slice(tf.reshape(x, [batch, tokens, width]), [0, 0, 0], [-1, 1, -1]), [batch, width])
}
