import { createReadStream, createWriteStream, mkdirSync, symlinkSync, unlinkSync } from 'node:fs'
import { open, readFile } from 'node:fs/promises'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createInflateRaw } from 'node:zlib'

/**
 * Unpacks zip archives (wheels are zip archives too) without a system tool. The layout is that of
 * PKWARE's APPNOTE 6.3, sections 4.3.7, 4.3.12 and 4.3.16; checksums are left out because whole
 * archives are verified before they come here.
 *
 * @typedef {object} ZipEntry
 * @property {string} name
 * @property {boolean} deflated
 * @property {number} packedBytes
 * @property {number} headerOffset
 * @property {number} mode  Unix file type and permissions, 0 where the archive has none
 */

const endSignature = 0x06054b50
const entrySignature = 0x02014b50
const largestEnd = 22 + 0xffff
const localHeaderBytes = 30
const symbolicLink = 0o120000
const fileTypeMask = 0o170000

/**
 * Unpacks the entries that `placeOf` gives a place for.
 *
 * @param {string} archive
 * @param {string} folder
 * @param {(name: string) => string | null} placeOf  path below the folder, or null to leave it out
 */
export async function unzip(archive, folder, placeOf) {
  const file = await open(archive, 'r')
  try {
    for (const entry of await readEntries(file)) {
      const place = entry.name.endsWith('/') ? null : placeOf(entry.name)
      if (place === null) continue
      const target = path.join(folder, place)
      if (path.relative(folder, target).startsWith('..')) throw new Error(`${archive} holds a path outside itself`)
      mkdirSync(path.dirname(target), { recursive: true })
      await unpackEntry(archive, await dataOffset(file, entry), entry, target)
    }
  } finally {
    await file.close()
  }
}

/** @param {import('node:fs/promises').FileHandle} file @returns {Promise<ZipEntry[]>} */
async function readEntries(file) {
  const { size } = await file.stat()
  const tail = await read(file, Math.max(0, size - largestEnd), Math.min(size, largestEnd))
  let end = tail.length - 22
  while (end >= 0 && tail.readUInt32LE(end) !== endSignature) end--
  if (end < 0) throw new Error('the archive is cut short')
  const directory = await read(file, tail.readUInt32LE(end + 16), tail.readUInt32LE(end + 12))
  /** @type {ZipEntry[]} */
  const entries = []
  for (let at = 0; at + 46 <= directory.length && directory.readUInt32LE(at) === entrySignature;) {
    const nameBytes = directory.readUInt16LE(at + 28)
    entries.push({
      name: directory.toString('utf8', at + 46, at + 46 + nameBytes),
      deflated: directory.readUInt16LE(at + 10) === 8,
      packedBytes: directory.readUInt32LE(at + 20),
      headerOffset: directory.readUInt32LE(at + 42),
      mode: directory.readUInt32LE(at + 38) >>> 16,
    })
    at += 46 + nameBytes + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32)
  }
  return entries
}

/** @param {import('node:fs/promises').FileHandle} file @param {ZipEntry} entry */
async function dataOffset(file, { headerOffset }) {
  const header = await read(file, headerOffset, localHeaderBytes)
  return headerOffset + localHeaderBytes + header.readUInt16LE(26) + header.readUInt16LE(28)
}

/** @param {string} archive @param {number} start @param {ZipEntry} entry @param {string} target */
async function unpackEntry(archive, start, entry, target) {
  const permissions = entry.mode & 0o777
  const sink = createWriteStream(target, permissions === 0 ? {} : { mode: permissions | 0o600 })
  if (entry.packedBytes === 0) {
    await new Promise((resolve) => sink.end(() => resolve(undefined)))
    return
  }
  const source = createReadStream(archive, { start, end: start + entry.packedBytes - 1, highWaterMark: 1 << 20 })
  if (entry.deflated) await pipeline(source, createInflateRaw({ chunkSize: 1 << 20 }), sink)
  else await pipeline(source, sink)
  if ((entry.mode & fileTypeMask) === symbolicLink) await becomeLink(target)
}

/** In an archive a symbolic link is a file that holds where it points to. @param {string} target */
async function becomeLink(target) {
  const destination = await readFile(target, 'utf8')
  unlinkSync(target)
  symlinkSync(destination, target)
}

/** @param {import('node:fs/promises').FileHandle} file @param {number} position @param {number} length */
async function read(file, position, length) {
  const buffer = Buffer.alloc(length)
  const { bytesRead } = await file.read(buffer, 0, length, position)
  return buffer.subarray(0, bytesRead)
}
