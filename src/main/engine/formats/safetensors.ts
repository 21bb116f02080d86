import { basename } from 'node:path'
import { z } from 'zod'
import { elementCount } from '@shared/elementCount'
import { VitrineError } from '@shared/errors'
import { replaceFile } from './atomicWrite'
import { readFully, withFile } from './openFile'
import { elementTypes, type ElementType, type StoredTensor } from './storedTensor'

/**
 * The safetensors format (huggingface/safetensors, "Format"): 8 bytes little endian with the length
 * of the header, a JSON header, then the tensors' bytes without gaps, row-major, little endian.
 */

export interface SafetensorsFile {
  tensors: Map<string, StoredTensor>
  metadata: Record<string, string>
}

const metadataKey = '__metadata__'
const lengthBytes = 8
/** The limit of the reference implementation: 100 MB of header. */
const maxHeaderBytes = 100_000_000

const entrySchema = z.object({
  dtype: z.string(),
  shape: z.array(z.int().min(0)),
  data_offsets: z.tuple([z.int().min(0), z.int().min(0)]),
})
const metadataSchema = z.record(z.string(), z.string())

/**
 * Writes float32 tensors, in the order of the map, atomically.
 *
 * @throws RangeError when a tensor's values don't fill its shape, or a name is reserved.
 * @throws the system's error as it is (e.g. `ENOSPC`); the old file is then untouched.
 */
export function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, { shape: readonly number[]; data: Float32Array }>,
  metadata: Record<string, string>,
): Promise<void> {
  const entries: [string, unknown][] = []
  if (Object.keys(metadata).length > 0) entries.push([metadataKey, metadata])
  let offset = 0
  for (const [name, { shape, data }] of tensors) {
    if (name === metadataKey) throw new RangeError(`a tensor can't be called ${name}`)
    if (elementCount(shape) !== data.length) {
      throw new RangeError(`${name}: ${data.length} values don't fill the shape [${shape.join(', ')}]`)
    }
    entries.push([name, { dtype: 'F32', shape, data_offsets: [offset, offset + data.byteLength] }])
    offset += data.byteLength
  }
  const header = encodeHeader(entries)
  return replaceFile(path, async (file) => {
    await file.writeFile(header)
    for (const { data } of tensors.values()) {
      await file.writeFile(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    }
  })
}

function encodeHeader(entries: [string, unknown][]): Uint8Array {
  const json = Buffer.from(JSON.stringify(Object.fromEntries(entries)))
  // Spaces after the JSON put the first tensor at a multiple of 8 bytes.
  const header = Buffer.alloc(lengthBytes + Math.ceil(json.length / 8) * 8, ' ')
  header.writeBigUInt64LE(BigInt(header.length - lengthBytes))
  json.copy(header, lengthBytes)
  return header
}

/**
 * Reads all tensors of a file, widened to float32.
 *
 * @throws VitrineError `not-found` when there is no such file.
 * @throws VitrineError `unreadable`, with the file's name, for anything that is not a whole and
 * consistent safetensors file.
 */
export function readSafetensors(path: string): Promise<SafetensorsFile> {
  return withFile(path, async (file, sizeBytes) => {
    const prefix = Buffer.alloc(lengthBytes)
    if (!(await readFully(file, prefix, 0))) throw damaged(path, 'it is too short')
    const headerBytes = Number(prefix.readBigUInt64LE())
    if (headerBytes > sizeBytes - lengthBytes) throw damaged(path, 'its header is longer than the file')
    if (headerBytes > maxHeaderBytes) throw damaged(path, 'its header is too long')
    const headerText = Buffer.alloc(headerBytes)
    if (!(await readFully(file, headerText, lengthBytes))) throw damaged(path, 'it is cut off')

    const dataStart = lengthBytes + headerBytes
    const { layout, metadata } = parseHeader(path, headerText.toString('utf8'), sizeBytes - dataStart)
    const tensors = new Map<string, StoredTensor>()
    for (const { name, dtype, shape, begin, end, type } of layout) {
      const buffer = new ArrayBuffer(end - begin)
      if (!(await readFully(file, new Uint8Array(buffer), dataStart + begin))) throw damaged(path, 'it is cut off')
      tensors.set(name, { dtype, shape, data: type.widen(buffer) })
    }
    return { tensors, metadata }
  })
}

interface TensorLayout {
  name: string
  dtype: string
  shape: number[]
  begin: number
  end: number
  type: ElementType
}

function parseHeader(path: string, text: string, dataBytes: number) {
  const header = parseObject(path, text)
  const layout: TensorLayout[] = []
  let metadata: Record<string, string> = {}
  for (const [name, value] of Object.entries(header)) {
    if (name === metadataKey) {
      const parsed = metadataSchema.safeParse(value)
      if (!parsed.success) throw damaged(path, 'its metadata is not text')
      metadata = parsed.data
    } else {
      layout.push(parseEntry(path, name, value, dataBytes))
    }
  }
  checkCoverage(path, layout, dataBytes)
  return { layout, metadata }
}

function parseObject(path: string, text: string): object {
  let header: unknown
  try {
    header = JSON.parse(text)
  } catch {
    throw damaged(path, 'its header is not JSON')
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header)) {
    throw damaged(path, 'its header lists no tensors')
  }
  return header
}

function parseEntry(path: string, name: string, value: unknown, dataBytes: number): TensorLayout {
  const parsed = entrySchema.safeParse(value)
  if (!parsed.success) throw damaged(path, `the entry of tensor ${name} is malformed`)
  const { dtype, shape } = parsed.data
  const [begin, end] = parsed.data.data_offsets
  const type = elementTypes.get(dtype)
  if (type === undefined) {
    throw damaged(
      path,
      `tensor ${name} has the type ${dtype}, which is not one of ${[...elementTypes.keys()].join(', ')}`,
    )
  }
  if (begin > end || end > dataBytes) throw damaged(path, `tensor ${name} lies outside the file`)
  if (elementCount(shape) * type.bytesPerValue !== end - begin) {
    throw damaged(path, `tensor ${name} doesn't have the size of its shape`)
  }
  return { name, dtype, shape, begin, end, type }
}

/** The format asks that every byte after the header belongs to exactly one tensor. */
function checkCoverage(path: string, layout: readonly TensorLayout[], dataBytes: number): void {
  let covered = 0
  for (const tensor of [...layout].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (tensor.begin < covered) throw damaged(path, `tensor ${tensor.name} overlaps another`)
    if (tensor.begin > covered) throw damaged(path, `there is a gap before tensor ${tensor.name}`)
    covered = tensor.end
  }
  if (covered !== dataBytes) throw damaged(path, 'there are bytes after the last tensor')
}

function damaged(path: string, what: string): VitrineError {
  const message = `${basename(path)} can't be read as safetensors, because ${what}: choose another file or copy it again.`
  return new VitrineError('unreadable', message)
}
