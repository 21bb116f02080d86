import type { VitSizes } from '@shared/config/modelConfig'
import { selfAttention } from '../backend/ops/attention'
import { dropout } from '../backend/ops/dropout'
import { linear, unbiasedLinear } from '../backend/ops/linear'
import type { Tensor } from '../backend/tensorflow'
import type { BlockContext, SequenceShape } from './blockContext'

/**
 * Multi-head self-attention (Vaswani et al., 2017).
 * @param x [B·N, d], normalised where the blocks normalise first
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
  const shape = { batch, tokens, heads: sizes.numHeads, headDim: sizes.embedDim / sizes.numHeads }
  const joint = sizes.qkvBias
    ? linear(x, parameter(`${name}.qkv.weight`), parameter(`${name}.qkv.bias`))
    : unbiasedLinear(x, parameter(`${name}.qkv.weight`))
  const queries = context.classTokenOnly ? 1 : tokens
  const dropping = { rate: sizes.attentionDropout, source: dropoutSource }
  const see = tap === null ? null : (weights: Tensor) => tap(`${name}.weights`, weights)
  const mixed = selfAttention(joint, shape, queries, dropping, see)
  const projected = linear(mixed, parameter(`${name}.proj.weight`), parameter(`${name}.proj.bias`))
  return dropout(projected, sizes.dropout, dropoutSource)
}
