/** Attention weights of a batch: one array [batch, heads, tokens, tokens] per layer; token 0 is the class token. */
export interface AttentionMaps {
  layers: readonly Float32Array[]
  batch: number
  heads: number
  tokens: number
}

/** One image's or one head's [tokens, tokens] matrix, as a view. */
export function headMatrix(maps: AttentionMaps, layer: number, image: number, head: number): Float32Array {
  const area = maps.tokens * maps.tokens
  const start = (image * maps.heads + head) * area
  const weights = maps.layers[layer]
  if (weights === undefined) throw new RangeError(`there is no layer ${layer}`)
  return weights.subarray(start, start + area)
}
