import { randomUUID } from 'node:crypto'
import { mkdir, open, writeFile, constants, type FileHandle } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import {
  datasetManifestSchema,
  type DatasetManifest,
  type DuplicateGroup,
  type RecordOrigin,
} from '@shared/contract/records'
import { datasetFiles } from '@shared/folders'
import { readFully, writeFully } from '@engine/formats/openFile'
import { checkReplaceable, moveIntoPlace, removeTemporary, type DatasetPlace } from './datasetPlace'

/**
 * Makes a prepared dataset in a temporary folder beside its place and moves it there when it is
 * whole. Until `commit` has ended, `discard` leaves everything as it was before.
 */
export class DatasetWriter {
  private constructor(
    private readonly place: DatasetPlace,
    private readonly recordBytes: number,
    private readonly images: FileHandle,
    private readonly masks: FileHandle | null,
  ) {}

  /**
   * @param side of a record in pixels
   * @throws VitrineError `invalid-input` when `out` holds something else than a prepared dataset.
   */
  static async begin(out: string, side: number, options: { masks: boolean }): Promise<DatasetWriter> {
    const whole = resolve(out)
    await checkReplaceable(whole)
    const firstMade = await mkdir(dirname(whole), { recursive: true })
    const temporary = join(dirname(whole), `.${basename(whole)}.${randomUUID()}.partial`)
    await mkdir(temporary)
    const images = await open(join(temporary, datasetFiles.images), 'wx+')
    const masks = options.masks ? await open(join(temporary, datasetFiles.masks), 'wx+') : null
    return new DatasetWriter({ out: whole, temporary, firstMade }, side ** 2 * 3, images, masks)
  }

  /** Goes on with the records that are in the place's temporary folder. */
  static async resume(place: DatasetPlace, side: number): Promise<DatasetWriter> {
    const path = join(place.temporary, datasetFiles.images)
    const images = await open(path, constants.O_RDWR | constants.O_CREAT)
    return new DatasetWriter(place, side ** 2 * 3, images, null)
  }

  /** Puts one or several records, `[…, side, side, 3]`, at a position counted in records. */
  writeImages(position: number, pixels: Uint8Array): Promise<void> {
    return writeFully(this.images, pixels, position * this.recordBytes)
  }

  /** Zeros where nothing was written. */
  async readImage(position: number): Promise<Uint8Array> {
    const pixels = new Uint8Array(this.recordBytes)
    await readFully(this.images, pixels, position * this.recordBytes)
    return pixels
  }

  async truncate(records: number): Promise<void> {
    await this.images.truncate(records * this.recordBytes)
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
    await this.truncate(positions.length)
  }

  /** Writes what belongs to the records and moves the dataset to its place; returns the manifest. */
  async commit(
    manifest: DatasetManifest,
    labels: readonly number[],
    origins: readonly RecordOrigin[],
    duplicates?: readonly DuplicateGroup[],
  ): Promise<DatasetManifest> {
    const checked = datasetManifestSchema.parse(manifest)
    // The folder's move is what makes these files appear at once, so each is only forced to the disk.
    const { temporary } = this.place
    const whole = { flush: true }
    await writeFile(join(temporary, datasetFiles.labels), JSON.stringify(labels), whole)
    await writeFile(join(temporary, datasetFiles.origins), JSON.stringify(origins), whole)
    if (duplicates !== undefined) {
      await writeFile(join(temporary, datasetFiles.duplicates), JSON.stringify(duplicates), whole)
    }
    await writeFile(join(temporary, datasetFiles.manifest), `${JSON.stringify(checked, null, 2)}\n`, whole)
    await this.images.sync()
    await this.masks?.sync()
    await this.close()
    await moveIntoPlace(this.place)
    return checked
  }

  async discard(): Promise<void> {
    await this.close()
    await removeTemporary(this.place)
  }

  /** Leaves the records where they are, to be resumed. */
  async close(): Promise<void> {
    await this.images.close()
    await this.masks?.close()
  }
}
