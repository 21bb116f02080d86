import type { VitSizes } from '@shared/config/modelConfig'
import { hasClassToken } from '@shared/model/size'
import { headMatrix, type AttentionMaps } from './attentionMaps'
import { meanOfRows } from './meanOfRows'
import { patchesOf } from './recipeMap'

/**
 * What the head sees of a [tokens, tokens] matrix: the class token's row, or the mean of the patches'
 * rows where the model pools by mean (registers are not pooled). Only the patches' part.
 */
export function readOut(matrix: Float32Array, maps: AttentionMaps, sizes: Pick<VitSizes, 'pooling'>): Float32Array {
  const { tokens, prefixTokens } = maps
  if (hasClassToken(sizes)) return patchesOf(matrix.subarray(0, tokens), maps)
  return patchesOf(meanOfRows(matrix.subarray(prefixTokens * tokens), tokens), maps)
}

/** The same of every layer and head of the first image: [layers · heads, patches]. */
export function headReadOut(maps: AttentionMaps, sizes: Pick<VitSizes, 'pooling'>): Float32Array {
  const patches = maps.tokens - maps.prefixTokens
  const rows = new Float32Array(maps.layers.length * maps.heads * patches)
  for (let layer = 0; layer < maps.layers.length; layer++) {
    for (let head = 0; head < maps.heads; head++) {
      const row = readOut(headMatrix(maps, layer, 0, head), maps, sizes)
      rows.set(row, (layer * maps.heads + head) * patches)
    }
  }
  return rows
}
