import type { VitSizes } from '@shared/config/modelConfig'
import { hasClassToken, prefixTokenCount } from '@shared/model/size'
import type { Weights } from '../parameters'

export function timmObstacles(sizes: VitSizes): string[] {
  return [
    ...(sizes.preLogits === undefined ? [] : ['a layer before the head']),
    ...(sizes.headReading === 'class-and-mean' ? ['a head that reads two tokens'] : []),
  ]
}

/** timm calls DeiT's second token by another name, and keeps positions of zero out of the file (`no_embed_class`). */
export function toTimm(weights: Weights, sizes: VitSizes): Weights {
  const renamed: Weights = new Map()
  for (const [name, weight] of withoutZeroPositions(weights, sizes)) {
    renamed.set(name === 'reg_token' && sizes.headReading === 'distilled' ? 'dist_token' : name, weight)
  }
  return renamed
}

function withoutZeroPositions(weights: Weights, sizes: VitSizes): Weights {
  const positions = weights.get('pos_embed')
  const classToken = weights.get('cls_token')
  const width = sizes.embedDim
  const prefix = prefixTokenCount(sizes)
  if (positions === undefined || prefix === 0) return weights
  const isZero = (row: number) => positions.data.subarray(row * width, (row + 1) * width).every((value) => value === 0)
  const zeroRows = Array.from({ length: prefix }, (_, row) => isZero(row))
  const registersHaveNone = zeroRows.slice(hasClassToken(sizes) ? 1 : 0).every(Boolean)
  const patchesOnly = new Map(weights).set('pos_embed', {
    shape: [1, (positions.shape[1] ?? 0) - prefix, width],
    data: positions.data.subarray(prefix * width),
  })
  if (zeroRows.every(Boolean)) return patchesOnly
  // DINOv2 with registers: the class token takes its own position in.
  if (!registersHaveNone || sizes.registerTokens === 0 || classToken === undefined) return weights
  const moved = classToken.data.map((value, index) => value + (positions.data[index] ?? 0))
  return patchesOnly.set('cls_token', { shape: classToken.shape, data: moved })
}
