import { headMatrix, type AttentionMaps } from './attentionMaps'

/**
 * Mean attention distance of every head, [layers, heads] in pixels: distances between patch centres
 * weighted by attention, averaged over the patch queries and the images (Dosovitskiy et al., 2020,
 * figure 7 right). Class token and registers are dropped, and what is left of a row is not scaled up to 1.
 * @param patchSize side of a patch in pixels
 */
export function attentionDistance(maps: AttentionMaps, patchSize: number): Float32Array {
  const { tokens, heads, batch, prefixTokens } = maps
  const patches = tokens - prefixTokens
  const between = patchDistances(Math.round(Math.sqrt(patches)), patchSize)
  const distances = new Float32Array(maps.layers.length * heads)
  for (let layer = 0; layer < maps.layers.length; layer++) {
    for (let head = 0; head < heads; head++) {
      let sum = 0
      for (let image = 0; image < batch; image++)
        sum += weightedDistance(headMatrix(maps, layer, image, head), between, tokens, prefixTokens)
      distances[layer * heads + head] = sum / (batch * patches)
    }
  }
  return distances
}

/** Sum over all pairs of patches of attention times distance. */
function weightedDistance(weights: Float32Array, between: Float64Array, tokens: number, prefixTokens: number): number {
  const patches = tokens - prefixTokens
  let sum = 0
  for (let query = 0; query < patches; query++) {
    const row = (query + prefixTokens) * tokens + prefixTokens
    for (let key = 0; key < patches; key++) sum += (weights[row + key] ?? 0) * (between[query * patches + key] ?? 0)
  }
  return sum
}

/** Distances between the centres of side × side patches in pixels, [side², side²]. */
function patchDistances(side: number, patchSize: number): Float64Array {
  const patches = side * side
  return Float64Array.from({ length: patches * patches }, (_, pair) => {
    const query = Math.floor(pair / patches)
    const key = pair % patches
    const rows = Math.floor(query / side) - Math.floor(key / side)
    const columns = (query % side) - (key % side)
    return patchSize * Math.hypot(rows, columns)
  })
}
