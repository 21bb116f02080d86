import type { Artifact } from '@shared/contract/records'
import { failureOf, VitrineError, type Result } from '@shared/errors'
import { decodeNpy } from './npy'

/** A float32 array that the engine wrote, with its shape. */
export interface FloatArray {
  shape: number[]
  values: Float32Array
}

async function fetchBytes(url: string): Promise<ArrayBuffer> {
  const response = await fetch(url)
  if (!response.ok) throw new VitrineError('not-found', 'The result is no longer there: ask for it again.')
  return response.arrayBuffer()
}

/** Fetches a `.npy` artifact. Never throws. */
export async function fetchFloatArray(artifact: Artifact): Promise<Result<FloatArray>> {
  try {
    const { shape, values } = decodeNpy(await fetchBytes(artifact.url))
    if (!(values instanceof Float32Array))
      throw new VitrineError('unreadable', 'The array does not hold float32 numbers.')
    return { ok: true, value: { shape, values } }
  } catch (error) {
    return { ok: false, error: failureOf(error) }
  }
}

/** Fetches an int32 `.npy` artifact. Never throws. */
export async function fetchWholeNumbers(artifact: Artifact): Promise<Result<Int32Array>> {
  try {
    const { values } = decodeNpy(await fetchBytes(artifact.url))
    if (!(values instanceof Int32Array)) throw new VitrineError('unreadable', 'The array does not hold int32 numbers.')
    return { ok: true, value: values }
  } catch (error) {
    return { ok: false, error: failureOf(error) }
  }
}

/** Fetches raw RGB bytes, row by row, three bytes a pixel. Never throws. */
export async function fetchRawImage(url: string, side: number): Promise<Result<Uint8Array>> {
  try {
    const bytes = new Uint8Array(await fetchBytes(url))
    if (bytes.length < side * side * 3) throw new VitrineError('unreadable', 'The image is shorter than it should be.')
    return { ok: true, value: bytes }
  } catch (error) {
    return { ok: false, error: failureOf(error) }
  }
}
