import { prefixTokenCount, tokenCount } from '@shared/model/size'
import type { Checkpoint } from '@engine/vit/checkpoint'

/** Attention weights of a batch: one array [batch, heads, tokens, tokens] per layer. */
export interface AttentionMaps {
  layers: readonly Float32Array[]
  batch: number
  heads: number
  tokens: number
  /** Tokens in front of the patches: the class token where there is one, then the registers. */
  prefixTokens: number
}

/** @param layers one [batch, heads, tokens, tokens] each */
export function attentionMapsOf({ sizes }: Checkpoint, layers: readonly Float32Array[], batch: number): AttentionMaps {
  const { numHeads: heads } = sizes
  return { layers, batch, heads, tokens: tokenCount(sizes), prefixTokens: prefixTokenCount(sizes) }
}

/** One image's or one head's [tokens, tokens] matrix, as a view. */
export function headMatrix(maps: AttentionMaps, layer: number, image: number, head: number): Float32Array {
  const area = maps.tokens * maps.tokens
  const start = (image * maps.heads + head) * area
  const weights = maps.layers[layer]
  if (weights === undefined) throw new RangeError(`there is no layer ${layer}`)
  return weights.subarray(start, start + area)
}
