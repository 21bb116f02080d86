import { elementCount } from '@shared/elementCount'
import { VitrineError } from '@shared/errors'

/** An array of a `.npy` file in C order. */
export interface NpyArray {
  shape: number[]
  values: Float32Array | Int32Array | Uint8Array
}

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]

function unreadable(why: string): VitrineError {
  return new VitrineError('unreadable', `The array cannot be read: ${why}.`)
}

/** Reads versions 1 to 3 of the format, float32, int32 and uint8 only, little-endian, C order. */
export function decodeNpy(buffer: ArrayBuffer): NpyArray {
  const bytes = new Uint8Array(buffer)
  if (bytes.length < 10 || magic.some((byte, index) => bytes[index] !== byte)) throw unreadable('it is no .npy file')
  const view = new DataView(buffer)
  const isFirstVersion = bytes[6] === 1
  if (!isFirstVersion && bytes.length < 12) throw unreadable('it ends in its header')
  const headerStart = isFirstVersion ? 10 : 12
  const headerLength = isFirstVersion ? view.getUint16(8, true) : view.getUint32(8, true)
  const dataStart = headerStart + headerLength
  if (bytes.length < dataStart) throw unreadable('it ends in its header')
  const header = new TextDecoder('latin1').decode(bytes.subarray(headerStart, dataStart))
  const { type, shape } = parseHeader(header)
  const count = elementCount(shape)
  const data = buffer.slice(dataStart)
  if (type === 'uint8') {
    if (data.byteLength < count) throw unreadable('it is shorter than its shape says')
    return { shape, values: new Uint8Array(data, 0, count) }
  }
  if (data.byteLength < count * 4) throw unreadable('it is shorter than its shape says')
  const values = type === 'int32' ? new Int32Array(data, 0, count) : new Float32Array(data, 0, count)
  return { shape, values }
}

function parseHeader(header: string): { type: 'float32' | 'int32' | 'uint8'; shape: number[] } {
  const descriptor = /'descr':\s*'([^']*)'/.exec(header)?.[1]
  const order = /'fortran_order':\s*(True|False)/.exec(header)?.[1]
  const sizes = /'shape':\s*\(([^)]*)\)/.exec(header)?.[1]
  if (descriptor === undefined || order === undefined || sizes === undefined) throw unreadable('its header is damaged')
  if (order === 'True') throw unreadable('it is in Fortran order')
  const shape = sizes
    .split(',')
    .map((size) => size.trim())
    .filter((size) => size !== '')
    .map(Number)
  if (shape.some((size) => !Number.isInteger(size) || size < 0)) throw unreadable('its header is damaged')
  if (descriptor === '<f4') return { type: 'float32', shape }
  if (descriptor === '<i4') return { type: 'int32', shape }
  if (descriptor === '|u1') return { type: 'uint8', shape }
  throw unreadable(`its numbers are of the kind ${descriptor}`)
}
