import type { VitSizes } from '@shared/config/modelConfig'
import type { Weights } from './parameters'

/** Heads of published models that differ from one linear layer on the pooled token. */

/** From the tensors of a foreign model in timm's layout. */
export function inferHead(weights: Weights, embedDim: number): Pick<VitSizes, 'headReading' | 'preLogits'> {
  const preLogits = weights.get('pre_logits.fc.weight')?.shape[0]
  if (preLogits !== undefined) return { preLogits }
  if (weights.has('head_dist.weight')) return { headReading: 'distilled' }
  const twoTokens = weights.get('head.weight')?.shape[1] === 2 * embedDim && weights.has('cls_token')
  return twoTokens ? { headReading: 'class-and-mean' } : {}
}

/**
 * A model without a head gets one that changes nothing, so that its features come out as logits: timm's
 * `num_classes=0`. The same weights where there is a head.
 */
export function withHead(weights: Weights): Weights {
  const width = (weights.get('pre_logits.fc.weight') ?? weights.get('patch_embed.proj.weight'))?.shape[0]
  if (weights.has('head.weight') || width === undefined) return weights
  const identity = new Float32Array(width * width)
  for (let i = 0; i < width; i++) identity[i * width + i] = 1
  return new Map(weights)
    .set('head.weight', { shape: [width, width], data: identity })
    .set('head.bias', { shape: [width], data: new Float32Array(width) })
}

/** Whether the head is the one that `withHead` gives. */
export function isHeadless(weights: Weights): boolean {
  const head = weights.get('head.weight')
  const [rows = 0, columns = 0] = head?.shape ?? []
  if (head === undefined || rows !== columns) return false
  const isIdentity = head.data.every((value, index) => value === (index % (columns + 1) === 0 ? 1 : 0))
  return isIdentity && weights.get('head.bias')?.data.every((value) => value === 0) === true
}
