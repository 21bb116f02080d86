import { randomUUID } from 'node:crypto'
import { mkdir, open, readdir, rename, rm, rmdir, writeFile, type FileHandle } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { datasetManifestSchema, type DatasetManifest, type RecordOrigin } from '@shared/contract/records'
import { VitrineError } from '@shared/errors'
import { datasetFiles } from '@shared/folders'
import { syncFolder } from '@engine/formats/atomicWrite'
import { readFully, writeFully } from '@engine/formats/openFile'

const ownFiles: readonly string[] = Object.values(datasetFiles)

/**
 * Makes a prepared dataset in a temporary folder beside its place and moves it there when it is
 * whole. Until `commit` has ended, `discard` leaves everything as it was before.
 */
export class DatasetWriter {
  private constructor(
    private readonly out: string,
    private readonly temporary: string,
    /** Topmost folder that had to be made for `out`. */
    private readonly firstMade: string | undefined,
    private readonly recordBytes: number,
    private readonly images: FileHandle,
    private readonly masks: FileHandle | null,
  ) {}

  /**
   * @param side of a record in pixels
   * @throws VitrineError `invalid-input` when `out` holds something else than a prepared dataset.
   */
  static async begin(out: string, side: number, options: { masks: boolean }): Promise<DatasetWriter> {
    const place = resolve(out)
    await checkReplaceable(place)
    const firstMade = await mkdir(dirname(place), { recursive: true })
    const temporary = join(dirname(place), `.${basename(place)}.${randomUUID()}.partial`)
    await mkdir(temporary)
    const images = await open(join(temporary, datasetFiles.images), 'wx+')
    const masks = options.masks ? await open(join(temporary, datasetFiles.masks), 'wx+') : null
    return new DatasetWriter(place, temporary, firstMade, side ** 2 * 3, images, masks)
  }

  /** Puts one or several records, `[…, side, side, 3]`, at a position counted in records. */
  writeImages(position: number, pixels: Uint8Array): Promise<void> {
    return writeFully(this.images, pixels, position * this.recordBytes)
  }

  async readImage(position: number): Promise<Uint8Array> {
    const pixels = new Uint8Array(this.recordBytes)
    await readFully(this.images, pixels, position * this.recordBytes)
    return pixels
  }

  /** As `writeImages`, for masks `[…, side, side]`. */
  async writeMasks(position: number, masks: Uint8Array): Promise<void> {
    if (this.masks !== null) await writeFully(this.masks, masks, (position * this.recordBytes) / 3)
  }

  /**
   * Puts the records at `positions` together, in that order, and drops the others. Most records only
   * move towards the start; the few that move towards the end are kept in memory meanwhile.
   */
  async compact(positions: readonly number[]): Promise<void> {
    const kept = new Map<number, Uint8Array>()
    for (const [target, position] of positions.entries()) {
      if (position < target) kept.set(position, await this.readImage(position))
    }
    for (const [target, position] of positions.entries()) {
      if (position === target) continue
      await this.writeImages(target, kept.get(position) ?? (await this.readImage(position)))
    }
    await this.images.truncate(positions.length * this.recordBytes)
  }

  /** Writes what belongs to the records and moves the dataset to its place; returns the manifest. */
  async commit(
    manifest: DatasetManifest,
    labels: readonly number[],
    origins: readonly RecordOrigin[],
  ): Promise<DatasetManifest> {
    const checked = datasetManifestSchema.parse(manifest)
    // The folder's move is what makes these files appear at once, so each is only forced to the disk.
    const whole = { flush: true }
    await writeFile(join(this.temporary, datasetFiles.labels), JSON.stringify(labels), whole)
    await writeFile(join(this.temporary, datasetFiles.origins), JSON.stringify(origins), whole)
    await writeFile(
      join(this.temporary, datasetFiles.manifest),
      `${JSON.stringify(checked, null, 2)}
`,
      whole,
    )
    await this.images.sync()
    await this.masks?.sync()
    await syncFolder(this.temporary)
    await this.closeFiles()
    await this.moveIntoPlace()
    return checked
  }

  async discard(): Promise<void> {
    await this.closeFiles()
    await rm(this.temporary, { recursive: true, force: true })
    if (this.firstMade === undefined) return
    // Folders that were made on the way to `out` go too, as far as nobody has used them since.
    for (let folder = dirname(this.out); folder.startsWith(this.firstMade); folder = dirname(folder)) {
      if (!(await removeEmptyFolder(folder))) return
    }
  }

  private async moveIntoPlace(): Promise<void> {
    // Somebody may have put something there in the meantime.
    await checkReplaceable(this.out)
    const old = `${this.temporary}.old`
    const replaced = await renameIfThere(this.out, old)
    try {
      await rename(this.temporary, this.out)
    } catch (error) {
      if (replaced) await rename(old, this.out)
      throw error
    }
    await syncFolder(dirname(this.out))
    if (replaced) await rm(old, { recursive: true, force: true })
  }

  private async closeFiles(): Promise<void> {
    await this.images.close()
    await this.masks?.close()
  }
}

/** Only a folder that is empty or holds nothing but a prepared dataset's own files is replaced. */
async function checkReplaceable(out: string): Promise<void> {
  let entries: string[]
  try {
    entries = await readdir(out)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT') return
    if (code === 'ENOTDIR')
      throw new VitrineError('invalid-input', `${out} is a file: choose a folder for the dataset.`)
    throw error
  }
  if (entries.length === 0) return
  if (!entries.includes(datasetFiles.manifest) || entries.some((entry) => !ownFiles.includes(entry))) {
    const message = `The folder ${out} holds other files: choose a new or empty folder for the dataset.`
    throw new VitrineError('invalid-input', message)
  }
}

async function renameIfThere(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false
    throw error
  }
}

async function removeEmptyFolder(folder: string): Promise<boolean> {
  try {
    await rmdir(folder)
    return true
  } catch {
    return false
  }
}
