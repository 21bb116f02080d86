import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { readNpy } from '@engine/formats/npy'
import type { AttentionMaps } from '@engine/inspect/attentionMaps'

/** Reference values that `scripts/golden/make.py` wrote beside this file. */

export function goldenPath(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url))
}

export async function goldenArray(name: string): Promise<{ shape: number[]; data: Float32Array }> {
  const { shape, data } = await readNpy(goldenPath(name))
  return { shape, data: data instanceof Float32Array ? data : Float32Array.from(data, Number) }
}

export async function goldenJson(name: string): Promise<unknown> {
  return JSON.parse(await readFile(goldenPath(name), 'utf8'))
}

/** Attention of the reference model, as PyTorch computed it. */
export async function goldenAttention(): Promise<AttentionMaps> {
  const { shape, data } = await goldenArray('vit-small/attention.npy')
  const [depth = 0, batch = 0, heads = 0, tokens = 0] = shape
  const perLayer = data.length / depth
  const layers = Array.from({ length: depth }, (_, layer) => data.subarray(layer * perLayer, (layer + 1) * perLayer))
  return { layers, batch, heads, tokens, prefixTokens: 1 }
}

/** Largest absolute difference; infinite when the lengths differ. */
export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Infinity
  let largest = 0
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs((a[i] ?? NaN) - (b[i] ?? NaN)))
  return largest
}
