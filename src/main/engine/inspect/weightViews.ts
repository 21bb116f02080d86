import { VitrineError } from '@shared/errors'
import { tokenCount } from '@shared/model/size'
import type { Checkpoint } from '@engine/vit/checkpoint'
import { sinusoidalPositions } from '@engine/vit/sinusoidalPositions'
import { principalComponents, type PrincipalComponents } from './pca'
import { cosineSimilarity } from './similarity'

/** What a checkpoint's own weights show, without running the model. */

function weight(checkpoint: Checkpoint, name: string) {
  const found = checkpoint.weights.get(name)
  if (found === undefined) {
    throw new VitrineError('unreadable', `The checkpoint has no weight called ${name}: choose a Vision Transformer's.`)
  }
  return found
}

/**
 * Principal components of the patch filters, each filter flattened as [C, patch, patch]; at most
 * `most`, fewer where the filters span fewer directions.
 */
export function filterComponents(checkpoint: Checkpoint, most: number): PrincipalComponents {
  const { embedDim, channels, patchSize } = checkpoint.sizes
  const { data } = weight(checkpoint, 'patch_embed.proj.weight')
  return principalComponents(data, embedDim, channels * patchSize * patchSize, most)
}

/**
 * From [count, C, side, side], the order of PyTorch's filters, to [count, side, side, 3], that of pictures;
 * a single channel becomes grey.
 */
export function channelsLast(filters: Float32Array, count: number, side: number): Float32Array {
  const plane = side * side
  const channels = filters.length / (count * plane)
  const moved = new Float32Array(count * plane * 3)
  for (let filter = 0; filter < count; filter++) {
    for (let channel = 0; channel < 3; channel++) {
      const source = (filter * channels + Math.min(channel, channels - 1)) * plane
      for (let i = 0; i < plane; i++) moved[(filter * plane + i) * 3 + channel] = filters[source + i] ?? 0
    }
  }
  return moved
}

/** The patch filters as pictures: [width, side, side, 3]. */
export function patchFilters(checkpoint: Checkpoint): Float32Array {
  const { embedDim, patchSize } = checkpoint.sizes
  return channelsLast(weight(checkpoint, 'patch_embed.proj.weight').data, embedDim, patchSize)
}

/**
 * The position embedding, [tokens, width], class token and registers first.
 * @throws VitrineError `invalid-input` where the model has no positions
 */
export function positionRows(checkpoint: Checkpoint): Float32Array {
  switch (checkpoint.sizes.positions) {
    case 'learned':
      return weight(checkpoint, 'pos_embed').data
    case 'sinusoidal':
      return sinusoidalPositions(checkpoint.sizes)
    case 'none':
      throw new VitrineError('invalid-input', 'This model has no position embedding, so there is nothing to compare.')
  }
}

/** Cosine similarity between all rows of the position embedding: [tokens, tokens]. */
export function positionSimilarity(checkpoint: Checkpoint): { tokens: number; similarity: Float32Array } {
  const tokens = tokenCount(checkpoint.sizes)
  return { tokens, similarity: cosineSimilarity(positionRows(checkpoint), tokens, checkpoint.sizes.embedDim) }
}

/** The patches' part of a matrix over all tokens: [patches, patches]. */
export function betweenPatches(matrix: Float32Array, tokens: number, prefixTokens: number): Float32Array {
  const patches = tokens - prefixTokens
  return Float32Array.from({ length: patches * patches }, (_, i) => {
    return matrix[(Math.floor(i / patches) + prefixTokens) * tokens + (i % patches) + prefixTokens] ?? 0
  })
}
