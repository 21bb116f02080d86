import { constants, gunzipSync } from 'node:zlib'
import { readFully, withFile } from '@engine/formats/openFile'
import { VitrineError } from '@shared/errors'
import { extensionOf, nameOf } from './source'

/**
 * What a source is by what it holds. `part` is one of several files that are used together, such as
 * a batch of CIFAR or an idx file of MNIST.
 */
export type FileContent = 'folder' | 'zip' | 'tar' | 'tar.gz' | 'labels' | 'part' | 'unknown'

/** Kinds of files that may list the label of each image. */
export const labelsExtensions: readonly string[] = ['.csv', '.tsv', '.json', '.jsonl', '.ndjson']

const headBytes = 65_536
const tarBlock = 512

const otherArchives: readonly (readonly [name: string, start: readonly number[]])[] = [
  ['7z', [0x37, 0x7a, 0xbc, 0xaf]],
  ['rar', [0x52, 0x61, 0x72, 0x21]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58]],
  ['bzip2', [0x42, 0x5a, 0x68]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
]

/** @throws VitrineError `unreadable`; `invalid-input` for an archive that is not opened here. */
export async function kindOfFile(path: string): Promise<FileContent> {
  const head = await withFile(path, async (file, sizeBytes) => {
    const bytes = new Uint8Array(Math.min(headBytes, sizeBytes))
    await readFully(file, bytes, 0)
    return bytes
  })
  if (startsWith(head, [0x50, 0x4b, 3, 4]) || startsWith(head, [0x50, 0x4b, 5, 6])) return 'zip'
  if (startsWith(head, [0x1f, 0x8b])) return isTarHeader(startOfGzip(head)) ? 'tar.gz' : partOrUnknown(path)
  if (isTarHeader(head)) return 'tar'
  const other = otherArchives.find(([, start]) => startsWith(head, start))
  if (other !== undefined) {
    const message = `${path} is packed as ${other[0]}, which can't be opened here: unpack it and choose the folder.`
    throw new VitrineError('invalid-input', message)
  }
  return labelsExtensions.includes(extensionOf(nameOf(path))) ? 'labels' : partOrUnknown(path)
}

function partOrUnknown(path: string): FileContent {
  return /idx[13][-._]ubyte(\.gz)?$|_batch(_\d)?\.bin$|(^|[\\/])(train|test)\.bin$/i.test(path) ? 'part' : 'unknown'
}

function startsWith(bytes: Uint8Array, start: readonly number[]): boolean {
  return bytes.length >= start.length && start.every((byte, at) => bytes[at] === byte)
}

/** What the first bytes of a gzip file unpack to; nothing where they are damaged. */
function startOfGzip(head: Uint8Array): Uint8Array {
  try {
    // Deflate grows at most about a thousandfold, so this stays small.
    return gunzipSync(head, { finishFlush: constants.Z_SYNC_FLUSH })
  } catch {
    return new Uint8Array(0)
  }
}

/** The sum of a tar header's bytes is written in it, with its own place counted as spaces. */
function isTarHeader(bytes: Uint8Array): boolean {
  if (bytes.length < tarBlock) return false
  const written = parseInt(Buffer.from(bytes.subarray(148, 156)).toString('latin1'), 8)
  let sum = 0
  for (let at = 0; at < tarBlock; at++) sum += at >= 148 && at < 156 ? 0x20 : (bytes[at] ?? 0)
  return sum === written
}
