import type { VitSizes } from '@shared/config/modelConfig'
import { hasClassToken } from '@shared/model/size'
import type { AttentionMaps } from './attentionMaps'
import { layerProductOfPatches, layerProductOfQuery, layerProducts } from './layerProduct'
import { mixingMatrix, type MixingOptions } from './mixing'

/**
 * Attention rollout: Abnar & Zuidema (2020), "Quantifying Attention Flow in Transformers", section 3.
 * The mixing matrices of the layers are multiplied upwards.
 */

/** Rollout of every query token, [batch, tokens, tokens]; rows sum to 1. */
export function rollout(maps: AttentionMaps, options: MixingOptions): Float32Array {
  return layerProducts(maps, (layer, image) => mixingMatrix(maps, layer, image, options))
}

/** Rollout of one query token of one image, [tokens]. */
export function rolloutOfQuery(
  maps: AttentionMaps,
  image: number,
  query: number,
  options: MixingOptions,
): Float32Array {
  return layerProductOfQuery(maps, image, query, (layer) => mixingMatrix(maps, layer, image, options))
}

/** What the head sees of one image's rollout: the class token's, or the mean of the pooled patches', [tokens]. */
export function rolloutReadOut(
  maps: AttentionMaps,
  image: number,
  sizes: Pick<VitSizes, 'pooling'>,
  options: MixingOptions,
): Float32Array {
  if (hasClassToken(sizes)) return rolloutOfQuery(maps, image, 0, options)
  return layerProductOfPatches(maps, image, (layer) => mixingMatrix(maps, layer, image, options))
}
