import { basename } from 'node:path'
import { elementCount } from '@shared/elementCount'
import { VitrineError } from '@shared/errors'
import { npyHeader } from '@shared/npyHeader'
import { writeFileAtomic } from './atomicWrite'
import { widenBfloat16, widenFloat16 } from './float16'
import { readFully, withFile } from './openFile'

/**
 * NumPy's array file (numpy.lib.format): magic, version, length of the header, the header (a Python
 * dictionary as text), then the values. Little endian only.
 */
export interface NpyArray {
  shape: number[]
  /** Row-major values. `f2` comes as float32, `i8` as float64 (exact up to 2⁵³), `b1` as bytes 0 and 1. */
  data: Float32Array | Float64Array | Int32Array | Uint8Array
}

type Values = NpyArray['data']

const magic = Buffer.from('\x93NUMPY', 'latin1')

interface Descriptor {
  bytesPerValue: number
  decode(buffer: ArrayBuffer): Values
}

const descriptors = new Map<string, Descriptor>([
  ['<f2', { bytesPerValue: 2, decode: (buffer) => widenFloat16(new Uint16Array(buffer)) }],
  // NumPy has no bfloat16: JAX's are saved as two bytes without a type.
  ['|V2', { bytesPerValue: 2, decode: (buffer) => widenBfloat16(new Uint16Array(buffer)) }],
  ['<f4', { bytesPerValue: 4, decode: (buffer) => new Float32Array(buffer) }],
  ['<f8', { bytesPerValue: 8, decode: (buffer) => new Float64Array(buffer) }],
  ['<i4', { bytesPerValue: 4, decode: (buffer) => new Int32Array(buffer) }],
  ['<i8', { bytesPerValue: 8, decode: (buffer) => Float64Array.from(new BigInt64Array(buffer), Number) }],
  ['|u1', { bytesPerValue: 1, decode: (buffer) => new Uint8Array(buffer) }],
  ['|b1', { bytesPerValue: 1, decode: (buffer) => new Uint8Array(buffer) }],
])

function descriptorOf(data: Values): string {
  if (data instanceof Float32Array) return '<f4'
  if (data instanceof Float64Array) return '<f8'
  return data instanceof Int32Array ? '<i4' : '|u1'
}

/**
 * The bytes of a version 1 file, row-major.
 *
 * @throws RangeError when the values don't fill the shape.
 */
export function encodeNpy({ shape, data }: { shape: readonly number[]; data: Values }): Uint8Array {
  return Buffer.concat(encodeParts(shape, data))
}

/** As `encodeNpy`, into a file, atomically. */
export function writeNpy(path: string, { shape, data }: { shape: readonly number[]; data: Values }): Promise<void> {
  return writeFileAtomic(path, encodeParts(shape, data))
}

function encodeParts(shape: readonly number[], data: Values): Uint8Array[] {
  if (elementCount(shape) !== data.length) {
    throw new RangeError(`${data.length} values don't fill the shape [${shape.join(', ')}]`)
  }
  return [npyHeader(`'${descriptorOf(data)}'`, shape), new Uint8Array(data.buffer, data.byteOffset, data.byteLength)]
}

/**
 * One record of named float64 values per row, which NumPy gives by name: `numpy.load(path)['loss']`.
 * `readNpy` doesn't read these.
 *
 * @param columns all of one length
 */
export function encodeNpyRecords(columns: ReadonlyMap<string, ArrayLike<number>>): Uint8Array {
  const arrays = [...columns.values()]
  const rows = arrays[0]?.length ?? 0
  const values = new Float64Array(rows * arrays.length)
  arrays.forEach((array, column) => {
    for (let row = 0; row < rows; row++) values[row * arrays.length + column] = array[row] ?? NaN
  })
  const fields = [...columns.keys()].map((name) => `('${name}', '<f8')`)
  return Buffer.concat([npyHeader(`[${fields.join(', ')}]`, [rows]), new Uint8Array(values.buffer)])
}

/**
 * Reads a file of version 1, 2 or 3 with values f2, f4, f8, i4, i8, u1, b1 or bfloat16, in C or Fortran order.
 *
 * @throws VitrineError `not-found` when there is no such file.
 * @throws VitrineError `unreadable`, with the file's name, for anything else.
 */
export async function readNpy(path: string): Promise<NpyArray> {
  const bytes = await withFile(path, async (file, sizeBytes) => {
    const whole = new Uint8Array(sizeBytes)
    if (!(await readFully(file, whole, 0))) throw damaged(basename(path), 'it is cut off')
    return whole
  })
  return decodeNpy(bytes, basename(path))
}

/** As `readNpy`, from the bytes of a file; `name` is for the error's sentence. */
export function decodeNpy(bytes: Uint8Array, name = 'The array'): NpyArray {
  const { text, dataStart } = splitHeader(bytes, name)
  const { descriptor, fortranOrder, shape } = parseHeader(text, name)
  const count = elementCount(shape)
  const byteCount = count * descriptor.bytesPerValue
  if (!Number.isSafeInteger(byteCount) || byteCount > bytes.byteLength - dataStart) {
    throw damaged(name, 'it is cut off before the last value')
  }
  // Typed arrays need aligned memory, so the values are copied out.
  const buffer = new ArrayBuffer(byteCount)
  new Uint8Array(buffer).set(bytes.subarray(dataStart, dataStart + byteCount))
  const data = descriptor.decode(buffer)
  return { shape, data: fortranOrder ? toRowMajor(data, shape) : data }
}

function splitHeader(bytes: Uint8Array, name: string): { text: string; dataStart: number } {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (view.length < 12 || !view.subarray(0, magic.length).equals(magic)) throw damaged(name, 'it is no npy file')
  const version = view.readUInt8(magic.length)
  if (version < 1 || version > 3) throw damaged(name, `its version ${version} is not known`)
  const lengthStart = magic.length + 2
  const headerBytes = version === 1 ? view.readUInt16LE(lengthStart) : view.readUInt32LE(lengthStart)
  const textStart = lengthStart + (version === 1 ? 2 : 4)
  if (textStart + headerBytes > view.length) throw damaged(name, 'its header is longer than the file')
  const text = view.toString(version === 3 ? 'utf8' : 'latin1', textStart, textStart + headerBytes)
  return { text, dataStart: textStart + headerBytes }
}

function parseHeader(text: string, name: string) {
  const type = /'descr'\s*:\s*'([^']*)'/.exec(text)?.[1]
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(text)?.[1]
  const tuple = /'shape'\s*:\s*\(([\d\s,]*)\)/.exec(text)?.[1]
  if (type === undefined || order === undefined || tuple === undefined) throw damaged(name, 'its header is malformed')
  const descriptor = descriptors.get(type)
  if (descriptor === undefined) {
    throw damaged(name, `its values have the type ${type}, which is not one of ${[...descriptors.keys()].join(', ')}`)
  }
  const shape = tuple
    .split(',')
    .map((size) => size.trim())
    .filter((size) => size !== '')
    .map(Number)
  if (shape.some((size) => !Number.isSafeInteger(size))) throw damaged(name, 'its shape is malformed')
  return { descriptor, fortranOrder: order === 'True', shape }
}

/** From "first index fastest" to "last index fastest". */
function toRowMajor(data: Values, shape: readonly number[]): Values {
  const ordered = data.slice()
  const strides = shape.map((_, axis) => elementCount(shape.slice(0, axis)))
  const position = shape.map(() => 0)
  let source = 0
  for (let target = 0; target < data.length; target++) {
    ordered[target] = data[source] ?? 0
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const size = shape[axis] ?? 1
      const stride = strides[axis] ?? 0
      const next = (position[axis] ?? 0) + 1
      source += stride
      if (next < size) {
        position[axis] = next
        break
      }
      position[axis] = 0
      source -= size * stride
    }
  }
  return ordered
}

function damaged(name: string, what: string): VitrineError {
  return new VitrineError('unreadable', `${name} can't be read as npy, because ${what}: save it again with numpy.save.`)
}
