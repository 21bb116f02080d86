import { VitrineError } from '@shared/errors'
import { isHiddenName } from './fileNames'

/** Nothing larger is read into memory at once: the largest archives of raw images have 550 MB a file. */
export const maxFileBytes = 2 ** 30
export const tooLarge = 'it is larger than a gigabyte'

/** Unpacked, an archive may grow this many times; images hardly grow at all. */
const maxGrowth = 100
/** Below this size nobody minds how much an archive grew. */
const alwaysAllowedBytes = 2 ** 26
const maxEntries = 5_000_000

/** Counts what comes out of an archive, so that a small file can't fill the disk or the memory. */
export class ArchiveBudget {
  private bytes = 0
  private entries = 0
  private readonly limit: number

  constructor(
    private readonly archive: string,
    archiveBytes: number,
  ) {
    this.limit = Math.max(alwaysAllowedBytes, archiveBytes * maxGrowth)
  }

  /** @throws VitrineError `invalid-input` */
  addBytes(count: number): void {
    this.bytes += count
    if (this.bytes > this.limit) throw this.refusal(`it would grow to more than ${maxGrowth} times its size`)
  }

  /** @throws VitrineError `invalid-input` */
  addEntry(): void {
    this.entries += 1
    if (this.entries > maxEntries) throw this.refusal(`it lists more than ${maxEntries} files`)
  }

  private refusal(reason: string): VitrineError {
    const message = `The archive ${this.archive} is not unpacked, because ${reason}: unpack it yourself if you trust it, and choose the folder.`
    return new VitrineError('invalid-input', message)
  }
}

/**
 * The path of an archive's entry, relative and with `/`; or why it is not taken. Null for what is
 * hidden or a folder.
 */
export function entryPath(name: string): { file: string } | { refused: string } | null {
  const slashed = name.replaceAll('\\', '/')
  const parts = slashed.split('/').filter((part) => part !== '' && part !== '.')
  const outside = slashed.startsWith('/') || /^[a-z]:/i.test(slashed) || parts.includes('..') || slashed.includes('\0')
  if (outside) return { refused: 'its path leads outside of the archive' }
  if (slashed.endsWith('/') || parts.length === 0 || parts.some(isHiddenName)) return null
  return { file: parts.join('/') }
}

export function damagedArchive(archive: string, cause: unknown): VitrineError {
  const message = `The archive ${archive} is damaged or cut off: get it again.`
  return new VitrineError('unreadable', message, { cause })
}
