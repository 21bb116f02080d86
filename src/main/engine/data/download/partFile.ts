import { open, readFile, rename, rm, writeFile, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { z } from 'zod'
import { partOf } from '@shared/folders'
import { parseJson } from '@shared/json'
import { syncFolder } from '@engine/formats/atomicWrite'
import { writeFully } from '@engine/formats/openFile'

/** What tells that the file at an address is still the one that a part of it is from. */
const originSchema = z.object({
  address: z.string(),
  /** A strong entity tag or a date, for the header `If-Range` (RFC 9110, section 13.1.5). */
  validator: z.string(),
  /** Of the whole file; null where the server doesn't say. */
  totalBytes: z.int().nullable(),
})
type Origin = z.infer<typeof originSchema>

/**
 * The beginning of a file that is being fetched: `X.part` beside its place, with `X.part.json` that
 * says what it is the beginning of.
 */
export class PartFile {
  private constructor(
    private readonly whole: string,
    private readonly handle: FileHandle,
    private length: number,
    /** Null where nothing can be gone on with. */
    private origin: Origin | null,
  ) {}

  /** A part from another address, or of which nothing is known, is begun anew. */
  static async open(whole: string, address: string): Promise<PartFile> {
    const origin = originSchema.safeParse(parseJson(await readFile(originOf(whole), 'utf8').catch(() => '')))
    const usable = origin.success && origin.data.address === address
    const handle = await open(partOf(whole), usable ? 'a+' : 'w+')
    try {
      const { size } = await handle.stat()
      return new PartFile(whole, handle, size, usable ? origin.data : null)
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  /** Bytes that have arrived. */
  get sizeBytes(): number {
    return this.length
  }

  get validator(): string | null {
    return this.origin?.validator ?? null
  }

  /** Nothing is missing, as far as the server has said how much there is. */
  get isWhole(): boolean {
    return this.origin !== null && this.length === this.origin.totalBytes
  }

  /** Empties it; with an origin, what comes now can be gone on with. */
  async begin(origin: Origin | null): Promise<void> {
    await this.handle.truncate(0)
    this.length = 0
    this.origin = origin
    if (origin === null) await rm(originOf(this.whole), { force: true })
    else await writeFile(originOf(this.whole), JSON.stringify(origin))
  }

  async append(bytes: Uint8Array): Promise<void> {
    await writeFully(this.handle, bytes, this.length)
    this.length += bytes.byteLength
  }

  /** Closes it; where it can be gone on with it stays. */
  async close(): Promise<void> {
    if (this.origin === null) await this.discard()
    else await this.handle.close()
  }

  /** Closes it and makes it the whole file. */
  async finish(): Promise<void> {
    await this.handle.sync()
    await this.handle.close()
    await rename(partOf(this.whole), this.whole)
    await rm(originOf(this.whole), { force: true })
    await syncFolder(dirname(this.whole))
  }

  /** Closes and removes it. */
  async discard(): Promise<void> {
    await this.handle.close()
    await rm(partOf(this.whole), { force: true })
    await rm(originOf(this.whole), { force: true })
  }
}

function originOf(whole: string): string {
  return `${whole}.part.json`
}
