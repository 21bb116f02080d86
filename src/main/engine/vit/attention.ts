import type { VitSizes } from '@shared/config/runConfig'
import { tf, type Tensor } from '../backend/tensorflow'
import { attentionWeights, joinHeads, splitHeads, unpackThree, weightedSum } from '../backend/ops/attention'
import { dropout } from '../backend/ops/dropout'
import { linear } from '../backend/ops/linear'
import type { BlockContext, SequenceShape } from './blockContext'

/**
 * Multi-head self-attention (Vaswani et al., 2017).
 * @param x [B·N, d], already normalised
 * @returns [B·N, d], or [B, d] where only the class token's query is asked for
 */
export function attention(
  x: Tensor,
  name: string,
  sizes: VitSizes,
  { batch, tokens }: SequenceShape,
  context: BlockContext,
): Tensor {
  const { parameter, dropoutSource, tap } = context
  const headDim = sizes.embedDim / sizes.numHeads
  const shape = { batch, tokens, heads: sizes.numHeads, headDim }
  const joint = linear(x, parameter(`${name}.qkv.weight`), parameter(`${name}.qkv.bias`))
  const [allQueries, keys, values] = unpackThree(splitHeads(joint, shape))
  const queries = context.classTokenOnly ? tf.slice(allQueries, [0, 0, 0, 0], [-1, -1, 1, -1]) : allQueries
  const weights = attentionWeights(queries, keys, headDim)
  tap(`${name}.weights`, weights)
  const kept = dropout(weights, sizes.attentionDropout, dropoutSource)
  const mixed = joinHeads(weightedSum(kept, values), { ...shape, tokens: context.classTokenOnly ? 1 : tokens })
  const projected = linear(mixed, parameter(`${name}.proj.weight`), parameter(`${name}.proj.bias`))
  return dropout(projected, sizes.dropout, dropoutSource)
}
