import { createHash } from 'node:crypto'
import { createReadStream, readFileSync, readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'

/**
 * Checksum of a file that may be large.
 * @param {string} file
 * @param {'md5' | 'sha256' | 'sha512'} algorithm
 * @param {'hex' | 'base64'} encoding
 */
export async function fileHash(file, algorithm, encoding) {
  const hash = createHash(algorithm)
  await pipeline(createReadStream(file), hash)
  return hash.digest(encoding)
}

/** Checksum of texts, order included. @param {(string | Uint8Array)[]} parts */
export function textHash(...parts) {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part).update('\0')
  return hash.digest('hex')
}

/**
 * One checksum for files and folders: names and contents. What doesn't exist counts as absent.
 * @param {string} root
 * @param {string[]} members  relative to root
 */
export function treeHash(root, members) {
  const hash = createHash('sha256')
  for (const member of members) {
    for (const file of filesBelow(path.join(root, member)).sort()) {
      hash.update(path.relative(root, file)).update('\0').update(readFileSync(file)).update('\0')
    }
  }
  return hash.digest('hex')
}

/** @param {string} place @returns {string[]} */
function filesBelow(place) {
  const stat = statSync(place, { throwIfNoEntry: false })
  if (stat === undefined) return []
  if (stat.isFile()) return [place]
  return readdirSync(place).flatMap((name) => filesBelow(path.join(place, name)))
}
