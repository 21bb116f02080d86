import { VitrineError } from '@shared/errors'
import type { Checkpoint } from '@engine/vit/checkpoint'
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
 * Principal components of the patch filters, each filter flattened as [3, patch, patch]; at most
 * `most`, fewer where the filters span fewer directions.
 */
export function filterComponents(checkpoint: Checkpoint, most: number): PrincipalComponents {
  const { embedDim, channels, patchSize } = checkpoint.sizes
  const { data } = weight(checkpoint, 'patch_embed.proj.weight')
  return principalComponents(data, embedDim, channels * patchSize * patchSize, most)
}

/** From [count, 3, side, side], the order of PyTorch's filters, to [count, side, side, 3], that of pictures. */
export function channelsLast(filters: Float32Array, count: number, side: number): Float32Array {
  const plane = side * side
  const moved = new Float32Array(filters.length)
  for (let filter = 0; filter < count; filter++) {
    for (let channel = 0; channel < 3; channel++) {
      const source = (filter * 3 + channel) * plane
      for (let i = 0; i < plane; i++) moved[(filter * plane + i) * 3 + channel] = filters[source + i] ?? 0
    }
  }
  return moved
}

/** Cosine similarity between all rows of the position embedding, class token first: [tokens, tokens]. */
export function positionSimilarity(checkpoint: Checkpoint): { tokens: number; similarity: Float32Array } {
  const { embedDim } = checkpoint.sizes
  const { data } = weight(checkpoint, 'pos_embed')
  const tokens = data.length / embedDim
  return { tokens, similarity: cosineSimilarity(data, tokens, embedDim) }
}

/** The same without the class token's row and column: [patches, patches]. */
export function withoutClassToken(similarity: Float32Array, tokens: number): Float32Array {
  const patches = tokens - 1
  return Float32Array.from({ length: patches * patches }, (_, i) => {
    return similarity[(Math.floor(i / patches) + 1) * tokens + (i % patches) + 1] ?? 0
  })
}
