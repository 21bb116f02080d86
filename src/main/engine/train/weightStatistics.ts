import { weightGroups, type WeightGroup } from '@shared/contract/records'
import type { Weights } from '../vit/parameters'

/** The group that a parameter is watched with, by its name in timm's state dict. */
export function weightGroupOf(name: string): WeightGroup {
  if (name.startsWith('patch_embed.')) return 'patch-embedding'
  if (name === 'cls_token' || name === 'reg_token' || name === 'pos_embed') return 'tokens'
  if (name.startsWith('head.')) return 'head'
  if (name.includes('.attn.')) return 'attention'
  if (name.includes('.mlp.')) return 'mlp'
  return 'norms'
}

function sumOfSquares(values: Float32Array): number {
  let sum = 0
  for (const value of values) sum += value * value
  return sum
}

/** Norm of all weights together. */
export function weightNorm(weights: Weights): number {
  let sum = 0
  for (const { data } of weights.values()) sum += sumOfSquares(data)
  return Math.sqrt(sum)
}

/** Norm of each group's change ÷ norm of the group before it; groups without weights or of norm 0 are left out. */
export function updateRatios(before: Weights, after: Weights): Partial<Record<WeightGroup, number>> {
  const sizes = new Map<WeightGroup, { weights: number; change: number }>()
  for (const [name, { data }] of before) {
    const group = weightGroupOf(name)
    const changed = after.get(name)?.data ?? data
    const entry = sizes.get(group) ?? { weights: 0, change: 0 }
    entry.weights += sumOfSquares(data)
    for (let index = 0; index < data.length; index++) {
      entry.change += ((changed[index] ?? 0) - (data[index] ?? 0)) ** 2
    }
    sizes.set(group, entry)
  }
  return Object.fromEntries(
    weightGroups.flatMap((group) => {
      const entry = sizes.get(group)
      return entry === undefined || entry.weights === 0 ? [] : [[group, Math.sqrt(entry.change / entry.weights)]]
    }),
  )
}
