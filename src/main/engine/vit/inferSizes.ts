import type { VitArchitecture, VitSizes } from '@shared/config/modelConfig'
import { VitrineError } from '@shared/errors'
import type { Weights } from './parameters'

function shapeIn(weights: Weights, name: string, rank: number, file: string): readonly number[] {
  const shape = weights.get(name)?.shape
  if (shape?.length !== rank) {
    throw new VitrineError(
      'invalid-input',
      `${file} is not a Vision Transformer in timm’s layout: it has no usable "${name}".`,
    )
  }
  return shape
}

/** Width ÷ 64, the rule of the published models, where it is whole. */
function defaultHeads(width: number, file: string): number {
  if (width % 64 === 0) return width / 64
  throw new VitrineError(
    'invalid-input',
    `${file} does not say how many heads its attention has: give the number (--heads on the command line).`,
    { field: 'heads' },
  )
}

function inferNorm(weights: Weights, file: string): Pick<VitArchitecture, 'norm' | 'normPlace'> {
  const inBlocks = weights.has('blocks.0.norm1.weight')
  const final = ['norm', 'fc_norm'].find((name) => weights.has(`${name}.weight`))
  if (!inBlocks && final === undefined) return { norm: 'layernorm', normPlace: 'none' }
  if (!inBlocks || final === undefined) {
    const [where, notWhere] = inBlocks ? ['in its blocks', 'before the head'] : ['before the head', 'in its blocks']
    throw new VitrineError(
      'invalid-input',
      `${file} has norms ${where} but none ${notWhere}: choose a Vision Transformer with both or neither.`,
    )
  }
  return { norm: weights.has('blocks.0.norm1.bias') ? 'layernorm' : 'rmsnorm', normPlace: 'pre' }
}

function inferPooling(weights: Weights, file: string): Pick<VitArchitecture, 'pooling' | 'registerTokens'> {
  const registerTokens = weights.has('reg_token') ? (shapeIn(weights, 'reg_token', 3, file)[1] ?? 0) : 0
  return { pooling: weights.has('cls_token') ? 'class-token' : 'mean', registerTokens }
}

/** First value of the scales is not in the file; a mean of what they became stands for it. */
function inferLayerScale(weights: Weights): number | null {
  const values = weights.get('blocks.0.ls1.gamma')?.data
  if (values === undefined) return null
  const mean = values.reduce((sum, value) => sum + Math.abs(value), 0) / values.length
  return mean > 0 ? mean : 1
}

/** Side of the patch grid, from the number of positions. */
function inferGrid(weights: Weights, prefix: number, file: string): number {
  const [, positions = 0] = shapeIn(weights, 'pos_embed', 3, file)
  const side = Math.sqrt(positions - prefix)
  if (Number.isInteger(side) && side > 0) return side
  throw new VitrineError(
    'invalid-input',
    `${file} has ${positions} positions, which are not a square of patches and the ${prefix} tokens before them.`,
  )
}

/**
 * Sizes and architecture of a model in timm's layout (see `arrangeTimmVariants`), from the names and shapes of its tensors. What
 * leaves no trace in them is taken as the published models have it: norms come before the branches, and
 * norms without a shift are RMSNorm. A model whose positions are not in the file can't be told from its
 * shapes, because nothing gives the size of its images.
 * @param heads of attention, where they are known; width ÷ 64 otherwise
 * @param file name of the file, for messages
 * @throws VitrineError `invalid-input` naming the tensor that is missing, or asking for the heads
 */
export function inferSizes(weights: Weights, heads: number | undefined, file: string): VitSizes {
  const [embedDim = 0, channels = 0, patchSize = 0] = shapeIn(weights, 'patch_embed.proj.weight', 4, file)
  const [hidden = 0] = shapeIn(weights, 'blocks.0.mlp.fc1.weight', 2, file)
  const [numClasses = 0] = shapeIn(weights, 'head.weight', 2, file)
  const { pooling, registerTokens } = inferPooling(weights, file)
  const prefix = (pooling === 'class-token' ? 1 : 0) + registerTokens
  let depth = 0
  while (weights.has(`blocks.${depth}.mlp.fc1.weight`)) depth++
  return {
    imageSize: inferGrid(weights, prefix, file) * patchSize,
    channels,
    patchSize,
    embedDim,
    depth,
    numHeads: heads ?? defaultHeads(embedDim, file),
    mlpRatio: hidden / embedDim,
    numClasses,
    dropout: 0,
    attentionDropout: 0,
    dropPath: 0,
    ...inferNorm(weights, file),
    positions: 'learned',
    pooling,
    qkvBias: weights.has('blocks.0.attn.qkv.bias'),
    layerScale: inferLayerScale(weights),
    registerTokens,
  }
}
