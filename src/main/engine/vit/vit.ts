import type { VitSizes } from '@shared/config/modelConfig'
import { hasClassToken, hasFinalNorm, patchCount, prefixTokenCount, tokenCount } from '@shared/model/size'
import { dropout, type DropoutSource } from '../backend/ops/dropout'
import { extractPatches } from '../backend/ops/images'
import { linear } from '../backend/ops/linear'
import { repeatOverBatch } from '../backend/ops/repeatOverBatch'
import { tf, type Tensor } from '../backend/tensorflow'
import { classTokens, encoderBlock } from './block'
import type { BlockContext, SequenceShape } from './blockContext'
import { classify } from './head'
import { normalise } from './norm'
import { blockName, finalNormName } from './parameters'
import { sinusoidalPositions } from './sinusoidalPositions'
import type { Tap } from './taps'

export interface ForwardOptions {
  parameter: BlockContext['parameter']
  dropoutSource?: DropoutSource | null
  /**
   * With a tap the pass computes every token of every block; without, the last block of a model with a
   * class token only the class token's.
   */
  tap?: Tap
  /** Is handed what the head sees, see `representation`; unlike a tap it makes the pass no longer. */
  takeRepresentation?: (seen: Tensor) => void
}

/**
 * Patch embedding: the strided convolution as a matrix product over flattened patches.
 * @param pixels [B, S, S, C]
 * @returns [B·P, d]
 */
function patchEmbedding(pixels: Tensor, sizes: VitSizes, parameter: BlockContext['parameter']): Tensor {
  const filters = tf.transpose(parameter('patch_embed.proj.weight'), [0, 2, 3, 1])
  const flat = tf.reshape(filters, [sizes.embedDim, sizes.patchSize * sizes.patchSize * sizes.channels])
  return linear(extractPatches(pixels, sizes.patchSize), flat, parameter('patch_embed.proj.bias'))
}

/** Class token, registers, then patches: [B, P, d] → [B, N, d]. */
function joinTokens(patches: Tensor, batch: number, sizes: VitSizes, parameter: BlockContext['parameter']): Tensor {
  const names = [...(hasClassToken(sizes) ? ['cls_token'] : []), ...(sizes.registerTokens > 0 ? ['reg_token'] : [])]
  if (names.length === 0) return patches
  return tf.concat([...names.map((name) => repeatOverBatch(parameter(name), batch)), patches], 1)
}

/** Adds the model's positions, if it has any. [B, N, d] → [B, N, d] */
function addPositions(tokens: Tensor, sizes: VitSizes, parameter: BlockContext['parameter']): Tensor {
  switch (sizes.positions) {
    case 'learned':
      return tf.add(tokens, parameter('pos_embed'))
    case 'sinusoidal':
      return tf.add(tokens, tf.tensor3d(sinusoidalPositions(sizes), [1, tokenCount(sizes), sizes.embedDim]))
    case 'none':
      return tokens
  }
}

/** Mean over the patches, without class token and registers: [B·N, d] → [B, d]. */
function meanOfPatches(x: Tensor, sizes: VitSizes, { batch, tokens }: SequenceShape): Tensor {
  const sequence = tf.reshape(x, [batch, tokens, sizes.embedDim])
  const prefix = prefixTokenCount(sizes)
  return tf.mean(prefix === 0 ? sequence : tf.slice(sequence, [0, prefix, 0], [-1, -1, -1]), 1)
}

/** The token behind the class token: [B·N, d] → [B, d]. */
function firstRegister(x: Tensor, { embedDim }: VitSizes, { batch, tokens }: SequenceShape): Tensor {
  const sequence = tf.reshape(x, [batch, tokens, embedDim])
  return tf.reshape(tf.slice(sequence, [0, 1, 0], [-1, 1, -1]), [batch, embedDim])
}

/** Drop-path rate of a block: from 0 at the first to the full rate at the last, as in timm. */
export function dropPathRate(sizes: Pick<VitSizes, 'dropPath' | 'depth'>, block: number): number {
  return sizes.depth === 1 ? sizes.dropPath : (sizes.dropPath * block) / (sizes.depth - 1)
}

/**
 * What the head sees: the class token's row, normalised, or the mean of the patches, normalised after
 * the mean as in timm. Post-norm models end in a norm already.
 * Published models may read a second token, which stands behind the first.
 * @param x [B·N, d], or [B, d] where only the class token was computed
 * @returns [B, d], or [B, 2·d]
 */
function representation(
  x: Tensor,
  sizes: VitSizes,
  sequence: SequenceShape,
  { parameter, tap, classTokenOnly }: BlockContext,
): Tensor {
  const name = finalNormName(sizes)
  const finalNorm = (values: Tensor) => {
    if (!hasFinalNorm(sizes)) return values
    const normalised = normalise(values, name, sizes, parameter)
    tap?.(name, normalised)
    return normalised
  }
  if (!hasClassToken(sizes)) return finalNorm(meanOfPatches(x, sizes, sequence))
  const normalised = finalNorm(x)
  if (classTokenOnly) return normalised
  const classToken = classTokens(normalised, sequence.batch, sequence.tokens, sizes.embedDim)
  switch (sizes.headReading) {
    case undefined:
      return classToken
    case 'distilled':
      return tf.concat([classToken, firstRegister(normalised, sizes, sequence)], 1)
    case 'class-and-mean':
      return tf.concat([classToken, meanOfPatches(normalised, sizes, sequence)], 1)
  }
}

/**
 * The Vision Transformer of Dosovitskiy et al. (2020), equation 1–4, with the choices of `VitArchitecture`.
 * @param pixels [B, S, S, C] normalised, channels last
 * @returns logits [B, classes]; the caller disposes it and whatever the tap kept
 */
export function forward(pixels: Tensor, sizes: VitSizes, options: ForwardOptions): Tensor {
  const { parameter, dropoutSource = null } = options
  const tap = options.tap ?? null
  const classTokenSuffices = options.tap === undefined && hasClassToken(sizes) && sizes.headReading === undefined
  const [batch = 0] = pixels.shape
  const sequence = { batch, tokens: tokenCount(sizes) }
  const width = sizes.embedDim

  const patches = tf.reshape(patchEmbedding(pixels, sizes, parameter), [batch, patchCount(sizes), width])
  tap?.('patch_embed', patches)
  const positioned = addPositions(joinTokens(patches, batch, sizes, parameter), sizes, parameter)
  tap?.('tokens', positioned)
  let x: Tensor = dropout(tf.reshape(positioned, [batch * sequence.tokens, width]), sizes.dropout, dropoutSource)

  const contextFor = (block: number): BlockContext => ({
    parameter,
    dropoutSource,
    tap,
    classTokenOnly: classTokenSuffices && block === sizes.depth - 1,
  })
  for (let index = 0; index < sizes.depth; index++) {
    x = encoderBlock(x, blockName(index), dropPathRate(sizes, index), sizes, sequence, contextFor(index))
  }

  const seen = representation(x, sizes, sequence, contextFor(sizes.depth - 1))
  options.takeRepresentation?.(seen)
  const logits = classify(seen, sizes, parameter)
  tap?.('logits', logits)
  return logits
}
