import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { readNpy } from '@engine/formats/npy'

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

/** Largest absolute difference; infinite when the lengths differ. */
export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Infinity
  let largest = 0
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs((a[i] ?? NaN) - (b[i] ?? NaN)))
  return largest
}
