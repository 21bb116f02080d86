import type { AttentionMaps } from './attentionMaps'
import { layerProductOfQuery, layerProducts } from './layerProduct'
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
