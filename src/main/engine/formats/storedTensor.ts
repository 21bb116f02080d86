import { widenBfloat16, widenFloat16 } from './float16'

/** A tensor as it is in memory: always float32; `dtype` is the type it had in the file. */
export interface StoredTensor {
  dtype: string
  shape: number[]
  /** Row-major. */
  data: Float32Array
}

/** How values of one type lie in a file, little endian. */
export interface ElementType {
  bytesPerValue: number
  /** The buffer's values as float32; the buffer itself, not a copy, where it holds float32 already. */
  widen(buffer: ArrayBuffer): Float32Array
}

/** By the names that safetensors gives them. */
export const elementTypes: ReadonlyMap<string, ElementType> = new Map([
  ['F64', { bytesPerValue: 8, widen: (buffer) => Float32Array.from(new Float64Array(buffer)) }],
  ['F32', { bytesPerValue: 4, widen: (buffer) => new Float32Array(buffer) }],
  ['F16', { bytesPerValue: 2, widen: (buffer) => widenFloat16(new Uint16Array(buffer)) }],
  ['BF16', { bytesPerValue: 2, widen: (buffer) => widenBfloat16(new Uint16Array(buffer)) }],
  ['I64', { bytesPerValue: 8, widen: (buffer) => Float32Array.from(new BigInt64Array(buffer), Number) }],
  ['I32', { bytesPerValue: 4, widen: (buffer) => Float32Array.from(new Int32Array(buffer)) }],
  ['I16', { bytesPerValue: 2, widen: (buffer) => Float32Array.from(new Int16Array(buffer)) }],
  ['I8', { bytesPerValue: 1, widen: (buffer) => Float32Array.from(new Int8Array(buffer)) }],
  ['U8', { bytesPerValue: 1, widen: (buffer) => Float32Array.from(new Uint8Array(buffer)) }],
  ['BOOL', { bytesPerValue: 1, widen: (buffer) => Float32Array.from(new Uint8Array(buffer)) }],
])
