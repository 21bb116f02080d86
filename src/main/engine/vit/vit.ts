import type { VitSizes } from '@shared/config/runConfig'
import { tokenCount } from '@shared/model/size'
import { dropout, type DropoutSource } from '../backend/ops/dropout'
import { extractPatches } from '../backend/ops/images'
import { linear } from '../backend/ops/linear'
import { tf, type Tensor } from '../backend/tensorflow'
import { classTokens, encoderBlock, normalise } from './block'
import type { BlockContext } from './blockContext'
import { blockName } from './parameters'
import type { Tap } from './taps'

export interface ForwardOptions {
  parameter: BlockContext['parameter']
  dropoutSource?: DropoutSource | null
  /** With a tap the pass computes every token of every block; without, the last block only the class token's. */
  tap?: Tap
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

/** Class token in front, positions added: [B, P, d] → [B, N, d]. */
function addPositions(patches: Tensor, batch: number, parameter: BlockContext['parameter']): Tensor {
  const classToken = tf.tile(parameter('cls_token'), [batch, 1, 1])
  return tf.add(tf.concat([classToken, patches], 1), parameter('pos_embed'))
}

/** Drop-path rate of a block: from 0 at the first to the full rate at the last, as in timm. */
export function dropPathRate(sizes: Pick<VitSizes, 'dropPath' | 'depth'>, block: number): number {
  return sizes.depth === 1 ? sizes.dropPath : (sizes.dropPath * block) / (sizes.depth - 1)
}

/**
 * The Vision Transformer of Dosovitskiy et al. (2020), equation 1–4.
 * @param pixels [B, S, S, C] normalised, channels last
 * @returns logits [B, classes]; the caller disposes it and whatever the tap kept
 */
export function forward(pixels: Tensor, sizes: VitSizes, options: ForwardOptions): Tensor {
  const { parameter, dropoutSource = null } = options
  const tap: Tap = options.tap ?? (() => undefined)
  const everyToken = options.tap !== undefined
  const [batch = 0] = pixels.shape
  const tokens = tokenCount(sizes)
  const width = sizes.embedDim

  const patches = tf.reshape(patchEmbedding(pixels, sizes, parameter), [batch, tokens - 1, width])
  tap('patch_embed', patches)
  const positioned = addPositions(patches, batch, parameter)
  tap('tokens', positioned)
  let x: Tensor = dropout(tf.reshape(positioned, [batch * tokens, width]), sizes.dropout, dropoutSource)

  for (let index = 0; index < sizes.depth; index++) {
    const classTokenOnly = !everyToken && index === sizes.depth - 1
    const context = { parameter, dropoutSource, tap, classTokenOnly }
    x = encoderBlock(x, blockName(index), dropPathRate(sizes, index), sizes, { batch, tokens }, context)
  }

  const normalised = normalise(x, 'norm', parameter)
  tap('norm', normalised)
  const representation = everyToken ? classTokens(normalised, batch, tokens, width) : normalised
  const logits = linear(representation, parameter('head.weight'), parameter('head.bias'))
  tap('logits', logits)
  return logits
}
