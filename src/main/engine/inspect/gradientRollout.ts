import type { FusionChoice } from '@shared/contract/mapRecipe'
import type { AttentionMaps } from './attentionMaps'
import { layerProductOfQuery, layerProducts } from './layerProduct'
import { fuseHeads } from './mixing'

/**
 * Gradient-weighted rollout: Chefer, Gur & Wolf (2021), "Generic Attention-model Explainability",
 * equations 5 and 6 for self-attention. Per layer Ā is the fusion over the heads (the mean in the
 * paper) of relu(∇A ⊙ A), the gradient that of one class's logit; relevance starts as the identity
 * and goes R ← R + ĀR from the lowest layer up. Rows do not sum to 1.
 */

/** relu(∇A ⊙ A), laid out as the attention. @param gradients one [batch, heads, tokens, tokens] per layer */
export function relevanceMaps(maps: AttentionMaps, gradients: readonly Float32Array[]): AttentionMaps {
  const layers = maps.layers.map((weights, layer) => {
    const gradient = gradients[layer]
    if (gradient?.length !== weights.length) throw new RangeError(`the gradient of layer ${layer} has another size`)
    return weights.map((weight, i) => Math.max(0, weight * (gradient[i] ?? 0)))
  })
  return { ...maps, layers }
}

/** Relevance for every query token, [batch, tokens, tokens]. @param relevance from `relevanceMaps` */
export function gradientRollout(relevance: AttentionMaps, fusion: FusionChoice): Float32Array {
  return layerProducts(relevance, (layer, image) => relevanceStep(relevance, layer, image, fusion))
}

/** Relevance for one query token of one image, [tokens]. */
export function gradientRolloutOfQuery(
  relevance: AttentionMaps,
  image: number,
  query: number,
  fusion: FusionChoice,
): Float32Array {
  return layerProductOfQuery(relevance, image, query, (layer) => relevanceStep(relevance, layer, image, fusion))
}

/** I + Ā */
function relevanceStep(relevance: AttentionMaps, layer: number, image: number, fusion: FusionChoice): Float64Array {
  const matrix = fuseHeads(relevance, layer, image, fusion)
  const step = relevance.tokens + 1
  for (let i = 0; i < matrix.length; i += step) matrix[i] = (matrix[i] ?? 0) + 1
  return matrix
}
