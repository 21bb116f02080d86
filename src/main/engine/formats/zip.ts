import { inflateRawSync } from 'node:zlib'
import type { FileHandle } from 'node:fs/promises'
import { readFully } from './openFile'

/**
 * Reading of zip archives (PKWARE APPNOTE 6.3), as far as NumPy and PyTorch write them: stored or
 * deflated entries, with the 64-bit records of large files. Nothing that an archive declares is
 * believed before it was compared with the file's size.
 */
export interface ZipEntry {
  name: string
  /** Size of the contents in bytes, after unpacking. */
  sizeBytes: number
  /** Bytes that the entry takes in the file. */
  packedBytes: number
  deflated: boolean
  headerOffset: number
}

export interface ZipArchive {
  /** By name; of two entries with one name there is none: such an archive is refused. */
  entries: ReadonlyMap<string, ZipEntry>
  /** The contents of an entry in memory of its own. */
  read(entry: ZipEntry): Promise<ArrayBuffer>
}

/** Why an archive can't be read, as a clause that follows "because". */
export class ZipDamage extends Error {}

const endSignature = 0x06054b50
const end64Signature = 0x06064b50
const end64LocatorSignature = 0x07064b50
const centralSignature = 0x02014b50
const localSignature = 0x04034b50
const endBytes = 22
const end64Bytes = 56
const end64LocatorBytes = 20
const centralBytes = 46
const localBytes = 30
const maxCommentBytes = 0xffff
/** Stands in a 16- or 32-bit field whose value is in the 64-bit record. */
const elsewhere16 = 0xffff
const elsewhere32 = 0xffffffff
const extra64 = 0x0001
/** A model of the largest kind has a few thousand tensors. */
const maxEntries = 100_000
/** Weights hardly shrink when packed, so an archive that grows more than this is no model. */
const maxGrowth = 16
const encryptedFlag = 0x1
const utf8Flag = 0x800

/** @throws ZipDamage */
export async function openZip(file: FileHandle, sizeBytes: number): Promise<ZipArchive> {
  const directory = await readDirectory(file, sizeBytes)
  const entries = new Map<string, ZipEntry>()
  let unpacked = 0
  for (const entry of parseDirectory(directory.bytes, directory.count, sizeBytes)) {
    if (entries.has(entry.name)) throw new ZipDamage(`it holds "${entry.name}" twice`)
    entries.set(entry.name, entry)
    unpacked += entry.sizeBytes
    if (unpacked > maxGrowth * sizeBytes)
      throw new ZipDamage(`it would unpack to more than ${maxGrowth} times its size`)
  }
  return { entries, read: (entry) => readEntry(file, sizeBytes, entry) }
}

async function readEntry(file: FileHandle, sizeBytes: number, entry: ZipEntry): Promise<ArrayBuffer> {
  const local = Buffer.alloc(localBytes)
  const complete = await readFully(file, local, entry.headerOffset)
  if (!complete || local.readUInt32LE(0) !== localSignature)
    throw new ZipDamage(`"${entry.name}" is not where it should be`)
  // The extra field here may have another length than in the directory: writers align the contents with it.
  const start = entry.headerOffset + localBytes + local.readUInt16LE(26) + local.readUInt16LE(28)
  if (start + entry.packedBytes > sizeBytes) throw new ZipDamage('it is cut off')
  const packed = new ArrayBuffer(entry.packedBytes)
  if (!(await readFully(file, new Uint8Array(packed), start))) throw new ZipDamage('it is cut off')
  return entry.deflated ? inflate(packed, entry) : packed
}

function inflate(packed: ArrayBuffer, { name, sizeBytes }: ZipEntry): ArrayBuffer {
  const contents = new ArrayBuffer(sizeBytes)
  if (sizeBytes === 0) return contents
  try {
    const unpacked = inflateRawSync(new Uint8Array(packed), { maxOutputLength: sizeBytes })
    if (unpacked.length !== sizeBytes) throw new ZipDamage(`"${name}" does not have the size it declares`)
    new Uint8Array(contents).set(unpacked)
    return contents
  } catch (error) {
    if (error instanceof ZipDamage) throw error
    throw new ZipDamage(`"${name}" can't be unpacked`, { cause: error })
  }
}

/** The central directory: the list of entries near the end of the file. */
async function readDirectory(file: FileHandle, sizeBytes: number): Promise<{ bytes: Buffer; count: number }> {
  const tailBytes = Math.min(sizeBytes, endBytes + maxCommentBytes + end64LocatorBytes)
  const tailStart = sizeBytes - tailBytes
  const tail = Buffer.alloc(tailBytes)
  if (!(await readFully(file, tail, tailStart))) throw new ZipDamage('it is cut off')
  const end = findEnd(tail)
  let count = tail.readUInt16LE(end + 10)
  let length = tail.readUInt32LE(end + 12)
  let offset = tail.readUInt32LE(end + 16)
  if (count === elsewhere16 || length === elsewhere32 || offset === elsewhere32) {
    ;({ count, length, offset } = await readEnd64(file, tail, end, sizeBytes))
  }
  if (offset + length > sizeBytes) throw new ZipDamage('its list of contents lies outside the file')
  if (count > maxEntries) throw new ZipDamage(`it lists more than ${maxEntries} entries`)
  const bytes = Buffer.alloc(length)
  if (!(await readFully(file, bytes, offset))) throw new ZipDamage('it is cut off')
  return { bytes, count }
}

function findEnd(tail: Buffer): number {
  for (let at = tail.length - endBytes; at >= 0; at--) {
    if (tail.readUInt32LE(at) === endSignature && at + endBytes + tail.readUInt16LE(at + 20) === tail.length) return at
  }
  throw new ZipDamage('its list of contents is missing, as in a file that was not copied to its end')
}

async function readEnd64(file: FileHandle, tail: Buffer, end: number, sizeBytes: number) {
  const locator = end - end64LocatorBytes
  if (locator < 0 || tail.readUInt32LE(locator) !== end64LocatorSignature) {
    throw new ZipDamage('its 64-bit list of contents is missing')
  }
  const at = safeInteger(tail.readBigUInt64LE(locator + 8))
  const record = Buffer.alloc(end64Bytes)
  const complete = at + end64Bytes <= sizeBytes && (await readFully(file, record, at))
  if (!complete || record.readUInt32LE(0) !== end64Signature)
    throw new ZipDamage('its 64-bit list of contents is missing')
  return {
    count: safeInteger(record.readBigUInt64LE(32)),
    length: safeInteger(record.readBigUInt64LE(40)),
    offset: safeInteger(record.readBigUInt64LE(48)),
  }
}

function* parseDirectory(bytes: Buffer, count: number, fileBytes: number): Generator<ZipEntry> {
  let at = 0
  for (let index = 0; index < count; index++) {
    if (at + centralBytes > bytes.length || bytes.readUInt32LE(at) !== centralSignature) {
      throw new ZipDamage('its list of contents is malformed')
    }
    const nameEnd = at + centralBytes + bytes.readUInt16LE(at + 28)
    const extraEnd = nameEnd + bytes.readUInt16LE(at + 30)
    const end = extraEnd + bytes.readUInt16LE(at + 32)
    if (end > bytes.length) throw new ZipDamage('its list of contents is malformed')
    yield parseEntry(bytes, at, nameEnd, extraEnd, fileBytes)
    at = end
  }
}

function parseEntry(bytes: Buffer, at: number, nameEnd: number, extraEnd: number, fileBytes: number): ZipEntry {
  const flags = bytes.readUInt16LE(at + 8)
  const method = bytes.readUInt16LE(at + 10)
  const name = bytes.toString((flags & utf8Flag) === 0 ? 'latin1' : 'utf8', at + centralBytes, nameEnd)
  if ((flags & encryptedFlag) !== 0) throw new ZipDamage(`"${name}" is encrypted`)
  if (method !== 0 && method !== 8) throw new ZipDamage(`"${name}" is packed with method ${method}, which is not known`)
  const large = extraNumbers(bytes.subarray(nameEnd, extraEnd))
  const field = (position: number) => {
    const value = bytes.readUInt32LE(at + position)
    if (value !== elsewhere32) return value
    const next = large.shift()
    if (next === undefined) throw new ZipDamage(`the size of "${name}" is missing`)
    return next
  }
  // The order in which the 64-bit values stand.
  const sizeBytes = field(24)
  const packedBytes = field(20)
  const headerOffset = field(42)
  const deflated = method === 8
  if (headerOffset + localBytes + packedBytes > fileBytes) throw new ZipDamage(`"${name}" lies outside the file`)
  if (!deflated && sizeBytes !== packedBytes) throw new ZipDamage(`"${name}" does not have the size it declares`)
  return { name, sizeBytes, packedBytes, deflated, headerOffset }
}

/** The 64-bit values of an entry's extra field. */
function extraNumbers(extra: Buffer): number[] {
  for (let at = 0; at + 4 <= extra.length;) {
    const length = extra.readUInt16LE(at + 2)
    if (extra.readUInt16LE(at) === extra64) {
      const values = extra.subarray(at + 4, at + 4 + length)
      return Array.from({ length: Math.floor(values.length / 8) }, (_, i) => safeInteger(values.readBigUInt64LE(8 * i)))
    }
    at += 4 + length
  }
  return []
}

function safeInteger(value: bigint): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new ZipDamage('it declares an impossible size')
  return Number(value)
}
