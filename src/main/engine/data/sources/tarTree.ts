import { createReadStream } from 'node:fs'
import { open, readFile, stat, writeFile, type FileHandle } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { extract, type Extract, type Headers } from 'tar-stream'
import { z } from 'zod'
import { skippedFileSchema } from '@shared/contract/records'
import { VitrineError } from '@shared/errors'
import { parseJson } from '@shared/json'
import { readFully, writeFully } from '@engine/formats/openFile'
import type { JobContext } from '@engine/job'
import { UnusableImage } from '../decode'
import { ProgressReporter } from '../progress'
import { ArchiveBudget, damagedArchive, entryPath, maxFileBytes, tooLarge } from './archiveLimits'
import { byCodeUnits, type SourceFile, type SourceTree } from './source'

/**
 * A tape archive can only be read from its start, so its files are written one behind another into
 * a single file of the preparation's folder. No name of the archive becomes a name on the disk.
 */
const unpackedFiles = { contents: 'unpacked.u8', list: 'unpacked.json' } as const

const megabyte = 1e6

const unpackedSchema = z.object({
  /** Size and time of the archive. */
  archive: z.string(),
  files: z.array(z.object({ file: z.string(), offset: z.int(), sizeBytes: z.int() })),
  skipped: z.array(skippedFileSchema),
})
type Unpacked = z.infer<typeof unpackedSchema>

class UnpackedFile implements SourceFile {
  constructor(
    private readonly contents: FileHandle,
    private readonly place: Unpacked['files'][number],
    private readonly archiveStamp: string,
  ) {}

  get file(): string {
    return this.place.file
  }

  get shownAs(): string {
    return this.place.file
  }

  stamp(): Promise<string> {
    return Promise.resolve(this.archiveStamp)
  }

  async read(): Promise<Buffer> {
    const bytes = Buffer.allocUnsafe(this.place.sizeBytes)
    if (!(await readFully(this.contents, bytes, this.place.offset))) {
      throw new UnusableImage(this.file, 'its place in the archive is damaged')
    }
    return bytes
  }
}

export interface TarOptions {
  gzipped: boolean
  /** Folder of the preparation; what was unpacked there before is used again. */
  work: string
  context: JobContext
  /** Called now and then; throws when the job should end. */
  checkpoint: () => void
}

/**
 * The files of a tar or tar.gz archive. Close it in the end.
 *
 * @throws VitrineError `unreadable` when it is damaged, `invalid-input` when it would grow too
 * large, and what `checkpoint` throws; the system's error as it is (e.g. `ENOSPC`).
 */
export async function openTarTree(path: string, options: TarOptions): Promise<SourceTree> {
  const stats = await stat(path)
  const archiveStamp = `${stats.size}:${stats.mtimeMs}`
  const unpacked = (await unpackedBefore(options.work, archiveStamp)) ?? (await unpack(path, archiveStamp, options))
  const contents = await open(join(options.work, unpackedFiles.contents), 'r')
  const files = unpacked.files.map((place) => new UnpackedFile(contents, place, archiveStamp))
  files.sort((a, b) => byCodeUnits(a.file, b.file))
  return { name: basename(path), files, skipped: unpacked.skipped, close: () => contents.close() }
}

async function unpackedBefore(work: string, archiveStamp: string): Promise<Unpacked | null> {
  const text = await readFile(join(work, unpackedFiles.list), 'utf8').catch(() => '')
  const parsed = unpackedSchema.safeParse(parseJson(text))
  return parsed.success && parsed.data.archive === archiveStamp ? parsed.data : null
}

async function unpack(path: string, archiveStamp: string, options: TarOptions): Promise<Unpacked> {
  const { size } = await stat(path)
  const progress = new ProgressReporter(options.context, 'Unpacking megabytes', Math.ceil(size / megabyte))
  const budget = new ArchiveBudget(path, size)
  let readBytes = 0
  const countRead = passing((count) => {
    options.checkpoint()
    const before = Math.floor(readBytes / megabyte)
    readBytes += count
    progress.advance(Math.floor(readBytes / megabyte) - before)
  })
  const countUnpacked = passing((count) => budget.addBytes(count))
  const entries = extract({ allowUnknownFormat: true })
  const stages = options.gzipped ? [countRead, createGunzip(), countUnpacked] : [countRead, countUnpacked]
  const contents = await open(join(options.work, unpackedFiles.contents), 'w')
  try {
    const outcomes = await Promise.allSettled([
      writeEntries(entries, contents, budget),
      pipeline([createReadStream(path), ...stages, entries]),
    ])
    const unpacked = unpackedOf(outcomes, path)
    const list = { archive: archiveStamp, ...unpacked }
    await writeFile(join(options.work, unpackedFiles.list), JSON.stringify(list), { flush: true })
    return list
  } finally {
    await contents.close()
  }
}

type UnpackedEntries = Pick<Unpacked, 'files' | 'skipped'>

/** When one end fails the other fails with it; the reason that tells more is thrown. */
function unpackedOf(
  [written, piped]: readonly [PromiseSettledResult<UnpackedEntries>, PromiseSettledResult<void>],
  path: string,
): UnpackedEntries {
  if (written.status === 'fulfilled' && piped.status === 'fulfilled') return written.value
  const reasons = [written, piped].map((end): unknown => (end.status === 'rejected' ? end.reason : null))
  for (const reason of reasons) {
    if (reason instanceof VitrineError || (reason instanceof Error && isSystemError(reason))) throw reason
  }
  throw damagedArchive(path, reasons[0] ?? reasons[1])
}

/** True for errors of the disk, such as `ENOSPC`; a damaged archive has none of their codes. */
function isSystemError(reason: Error): boolean {
  return 'syscall' in reason
}

async function writeEntries(entries: Extract, contents: FileHandle, budget: ArchiveBudget): Promise<UnpackedEntries> {
  const files = new Map<string, Unpacked['files'][number]>()
  const skipped: UnpackedEntries['skipped'] = []
  let end = 0
  for await (const entry of entries) {
    budget.addEntry()
    const place = entryPath(entry.header.name)
    const refused = place === null ? null : 'refused' in place ? place.refused : refusedKind(entry.header)
    if (refused !== null) skipped.push({ file: entry.header.name, reason: refused })
    if (place === null || refused !== null || !('file' in place) || isFolder(entry.header)) {
      entry.resume()
      continue
    }
    const offset = end
    for await (const chunk of entry) {
      await writeFully(contents, chunk, end)
      end += chunk.length
    }
    // As for the archiver itself, the last of two entries with one name counts.
    files.set(place.file, { file: place.file, offset, sizeBytes: end - offset })
  }
  return { files: [...files.values()], skipped }
}

function isFolder({ type }: Headers): boolean {
  return type === 'directory'
}

function refusedKind({ type, size }: Headers): string | null {
  if (type === 'symlink' || type === 'link') return 'links in archives are not followed'
  if (type !== 'file' && type !== 'contiguous-file' && type !== 'directory') return 'it is not a file'
  if ((size ?? 0) > maxFileBytes) return tooLarge
  return null
}

/** Hands bytes on and tells how many there were; what `count` throws ends the stream. */
function passing(count: (bytes: number) => void): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, callback) {
      try {
        count(chunk.length)
      } catch (error) {
        callback(error instanceof Error ? error : new Error(String(error)))
        return
      }
      callback(null, chunk)
    },
  })
}
