import { basename } from 'node:path'
import { crc32 } from 'node:zlib'
import { getFileNameLowLevel, openPromise, type Entry, type ZipFile } from 'yauzl'
import type { SkippedFile } from '@shared/contract/records'
import { VitrineError } from '@shared/errors'
import { UnusableImage } from '../decode'
import { ArchiveBudget, damagedArchive, entryPath, maxFileBytes, tooLarge } from './archiveLimits'
import { byCodeUnits, type SourceFile, type SourceTree } from './source'

const fileTypeMask = 0xf000
const symbolicLink = 0xa000
/** The high byte of "version made by" for Unix, whose files have modes. */
const madeByUnix = 3

class ZipEntryFile implements SourceFile {
  constructor(
    private readonly zip: ZipFile,
    private readonly entry: Entry,
    readonly file: string,
  ) {}

  get shownAs(): string {
    return this.file
  }

  stamp(): Promise<string> {
    return Promise.resolve(`${this.entry.uncompressedSize}:${this.entry.crc32.toString(16)}`)
  }

  async read(): Promise<Buffer> {
    const { uncompressedSize, crc32: expected } = this.entry
    const bytes = Buffer.allocUnsafe(uncompressedSize)
    let length = 0
    try {
      // The stream fails when it gives more or fewer bytes than the entry says.
      for await (const chunk of await this.zip.openReadStreamPromise(this.entry)) {
        if (chunk instanceof Uint8Array) {
          bytes.set(chunk, length)
          length += chunk.length
        }
      }
    } catch (error) {
      throw new UnusableImage(this.file, 'its place in the archive is damaged', error)
    }
    if (length !== uncompressedSize || crc32(bytes) !== expected) {
      throw new UnusableImage(this.file, 'its place in the archive is damaged')
    }
    return bytes
  }
}

/**
 * The files of a zip archive, which are read where they are: nothing is unpacked to the disk. Close
 * it in the end.
 *
 * @throws VitrineError `unreadable` when it is damaged, `invalid-input` when it would grow too large.
 */
export async function openZipTree(path: string): Promise<SourceTree> {
  const zip = await openPromise(path, { autoClose: false, decodeStrings: false }).catch((error: unknown) => {
    throw damagedArchive(path, error)
  })
  try {
    return { ...(await listEntries(zip, path)), name: basename(path), close: () => closed(zip) }
  } catch (error) {
    await closed(zip)
    throw error instanceof VitrineError ? error : damagedArchive(path, error)
  }
}

async function listEntries(zip: ZipFile, path: string): Promise<Pick<SourceTree, 'files' | 'skipped'>> {
  const budget = new ArchiveBudget(path, zip.fileSize)
  const files = new Map<string, ZipEntryFile>()
  const skipped: SkippedFile[] = []
  for await (const entry of zip.eachEntry()) {
    const { generalPurposeBitFlag, fileNameRaw, extraFields } = entry
    const name = getFileNameLowLevel(generalPurposeBitFlag, fileNameRaw, extraFields, false)
    budget.addEntry()
    budget.addBytes(entry.uncompressedSize)
    const place = entryPath(name)
    if (place === null) continue
    const refused = 'refused' in place ? place.refused : refusedKind(entry)
    if (refused !== null) skipped.push({ file: name, reason: refused })
    else if ('file' in place && !files.has(place.file)) files.set(place.file, new ZipEntryFile(zip, entry, place.file))
  }
  const sorted = [...files.values()].sort((a, b) => byCodeUnits(a.file, b.file))
  return { files: sorted, skipped }
}

function refusedKind(entry: Entry): string | null {
  if (entry.versionMadeBy >> 8 === madeByUnix) {
    const mode = entry.externalFileAttributes >>> 16
    if ((mode & fileTypeMask) === symbolicLink) return 'links in archives are not followed'
  }
  if (entry.isEncrypted()) return 'it is encrypted'
  if (!entry.canDecodeFileData()) return 'it is compressed in an unknown way'
  if (entry.uncompressedSize > maxFileBytes) return tooLarge
  return null
}

function closed(zip: ZipFile): Promise<void> {
  return new Promise((resolve) => {
    zip.once('close', () => resolve())
    zip.close()
  })
}
