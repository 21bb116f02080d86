import type { VitSizes } from '@shared/config/modelConfig'
import { dropRows, type DropoutSource } from '../backend/ops/dropout'
import { tf, type Tensor } from '../backend/tensorflow'
import { attention } from './attention'
import type { BlockContext, SequenceShape } from './blockContext'
import { mlp } from './mlp'
import { normalise } from './norm'

/** Stochastic depth (Huang et al., 2016): a whole branch is dropped per image. */
function dropPath(branch: Tensor, rate: number, batch: number, source: DropoutSource | null): Tensor {
  if (rate === 0 || source === null) return branch
  return tf.reshape(dropRows(tf.reshape(branch, [batch, -1]), rate, source), branch.shape)
}

/** LayerScale (Touvron et al., 2021): a learned factor for each channel of a branch. */
function layerScale(branch: Tensor, name: string, sizes: VitSizes, parameter: BlockContext['parameter']): Tensor {
  return sizes.layerScale === null ? branch : tf.mul(branch, parameter(`${name}.gamma`))
}

/**
 * Encoder block of an attention and an MLP branch. Pre-norm: x + branch(norm(x)); post-norm, as in
 * Vaswani et al. (2017): norm(x + branch(x)); without norms: x + branch(x).
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
  const norm = (values: Tensor, index: 1 | 2) => {
    const normalised = normalise(values, `${name}.norm${index}`, sizes, parameter)
    tap?.(`${name}.norm${index}`, normalised)
    return normalised
  }
  const branchInput = (values: Tensor, index: 1 | 2) => (sizes.normPlace === 'pre' ? norm(values, index) : values)
  const residualSum = (carried: Tensor, branch: Tensor, index: 1 | 2) => {
    const scaled = layerScale(branch, `${name}.ls${index}`, sizes, parameter)
    const sum = tf.add(carried, dropPath(scaled, dropPathRate, batch, dropoutSource))
    return sizes.normPlace === 'post' ? norm(sum, index) : sum
  }

  const attended = attention(branchInput(x, 1), `${name}.attn`, sizes, sequence, context)
  tap?.(`${name}.attn`, attended)
  const middle = residualSum(context.classTokenOnly ? classTokens(x, batch, tokens, sizes.embedDim) : x, attended, 1)
  const transformed = mlp(branchInput(middle, 2), `${name}.mlp`, sizes, context)
  tap?.(`${name}.mlp`, transformed)
  const result = residualSum(middle, transformed, 2)
  tap?.(name, result)
  return result
}

/** [B·N, d] → [B, d], the first token of each image. */
export function classTokens(x: Tensor, batch: number, tokens: number, width: number): Tensor {
  return tf.reshape(tf.slice(tf.reshape(x, [batch, tokens, width]), [0, 0, 0], [-1, 1, -1]), [batch, width])
}
