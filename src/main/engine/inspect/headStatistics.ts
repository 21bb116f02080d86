import { headMatrix, type AttentionMaps } from './attentionMaps'
import { cosineSimilarity } from './similarity'

/**
 * Mean entropy of every head's attention rows in nats, [layers, heads], over the query tokens and
 * images: 0 for a head that looks at one token, ln(tokens) for one that looks at all alike.
 */
export function attentionEntropy(maps: AttentionMaps): Float32Array {
  const { heads, batch, tokens } = maps
  const entropies = new Float32Array(maps.layers.length * heads)
  for (let layer = 0; layer < maps.layers.length; layer++) {
    for (let head = 0; head < heads; head++) {
      let sum = 0
      for (let image = 0; image < batch; image++) {
        for (const weight of headMatrix(maps, layer, image, head)) if (weight > 0) sum -= weight * Math.log(weight)
      }
      entropies[layer * heads + head] = sum / (batch * tokens)
    }
  }
  return entropies
}

/**
 * Cosine similarity between the attention matrices of a layer's heads, averaged over the images:
 * [layers, heads, heads]. 1 where two heads attend alike.
 */
export function headSimilarity(maps: AttentionMaps): Float32Array {
  const { heads, batch, tokens } = maps
  const area = heads * tokens * tokens
  const similarities = new Float32Array(maps.layers.length * heads * heads)
  maps.layers.forEach((weights, layer) => {
    const start = layer * heads * heads
    for (let image = 0; image < batch; image++) {
      const rows = weights.subarray(image * area, (image + 1) * area)
      cosineSimilarity(rows, heads, tokens * tokens).forEach((value, i) => {
        similarities[start + i] = (similarities[start + i] ?? 0) + value / batch
      })
    }
  })
  return similarities
}
