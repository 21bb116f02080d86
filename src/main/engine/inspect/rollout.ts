import type { AttentionMaps } from './attentionMaps'
import { layerProduct, layerProductRow } from './layerProduct'
import { mixingMatrix, type MixingOptions } from './mixing'

/**
 * Attention rollout: Abnar & Zuidema (2020), "Quantifying Attention Flow in Transformers", section 3.
 * The mixing matrices of the layers are multiplied upwards.
 */

/** Rollout of every query token, [batch, tokens, tokens]; rows sum to 1. */
export function rollout(maps: AttentionMaps, options: MixingOptions): Float32Array {
  const { tokens } = maps
  const result = new Float32Array(maps.batch * tokens * tokens)
  for (let image = 0; image < maps.batch; image++) {
    const matrixOf = (layer: number) => mixingMatrix(maps, layer, image, options)
    result.set(layerProduct(maps.layers.length, tokens, matrixOf), image * tokens * tokens)
  }
  return result
}

/** Rollout of one query token of one image, [tokens]: the same as that row of `rollout`, with far less work. */
export function rolloutOfQuery(
  maps: AttentionMaps,
  image: number,
  query: number,
  options: MixingOptions,
): Float32Array {
  const matrixOf = (layer: number) => mixingMatrix(maps, layer, image, options)
  return Float32Array.from(layerProductRow(maps.layers.length, maps.tokens, query, matrixOf))
}
