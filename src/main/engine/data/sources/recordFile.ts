import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { UnusableImage } from '../decode'
import { maxFileBytes } from './archiveLimits'
import type { SourceFile } from './source'

const unpack = promisify(gunzip)

/**
 * A file of many images, packed with gzip or not. Its bytes are kept as long as somebody reads it:
 * the images of a file are asked for one after another.
 */
export class RecordFile {
  private static kept: readonly RecordFile[] = []
  private static readonly keptCount = 3

  private bytes: Promise<Buffer> | null = null
  private readonly stamped: Promise<string>

  constructor(readonly source: SourceFile) {
    this.stamped = source.stamp()
    // Whoever awaits the stamp is told.
    this.stamped.catch(() => undefined)
  }

  stamp(): Promise<string> {
    return this.stamped
  }

  /** @throws UnusableImage */
  read(): Promise<Buffer> {
    this.bytes ??= this.load()
    if (RecordFile.kept[0] !== this) {
      const kept = [this, ...RecordFile.kept.filter((other) => other !== this)]
      for (const dropped of kept.slice(RecordFile.keptCount)) dropped.bytes = null
      RecordFile.kept = kept.slice(0, RecordFile.keptCount)
    }
    return this.bytes
  }

  private async load(): Promise<Buffer> {
    const bytes = await this.source.read()
    if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes
    return unpack(bytes, { maxOutputLength: maxFileBytes }).catch((error: unknown) => {
      throw new UnusableImage(this.source.shownAs, 'it is damaged or cut off', error)
    })
  }
}
