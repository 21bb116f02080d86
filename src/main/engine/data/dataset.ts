import { close, open, read } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { z } from 'zod'
import {
  datasetManifestSchema,
  recordOriginSchema,
  type DatasetManifest,
  type RecordOrigin,
  type SplitName,
} from '@shared/contract/records'
import type { Correction, CorrectionSummary } from '@shared/contract/corrections'
import { VitrineError } from '@shared/errors'
import { datasetFiles } from '@shared/folders'
import { countByClass } from './classCounts'
import { readCorrections, summariseCorrections } from './corrections'

const openDescriptor = promisify(open)
const closeDescriptor = promisify(close)

interface RecordRange {
  start: number
  count: number
}

/** What a person has changed about a dataset, as it is in force. */
interface InForce {
  summary: CorrectionSummary | undefined
  /** Records of each split that are not left out. */
  records: Record<SplitName, Uint32Array>
}

/** A prepared dataset on disk, open for reading. Records are counted over both splits, training first. */
export class PreparedDataset {
  /** Bytes of one record: side × side × 3. */
  readonly recordBytes: number
  private closed = false

  private constructor(
    readonly folder: string,
    readonly manifest: DatasetManifest,
    /** The class of each record. */
    readonly labels: Int32Array,
    private readonly ranges: Record<SplitName, RecordRange>,
    private readonly inForce: InForce,
    private readonly images: number,
  ) {
    this.recordBytes = manifest.imageSize ** 2 * 3
  }

  /**
   * The dataset as it was prepared.
   * @throws VitrineError `not-found` when the folder holds no prepared dataset, `unreadable` when
   * its files don't belong together.
   */
  static async open(folder: string): Promise<PreparedDataset> {
    return PreparedDataset.openWith(folder, [])
  }

  /**
   * The dataset with the corrections beside it: other labels, and records that are left out of their
   * split. The manifest's counts are those of what is left.
   * @throws VitrineError as `open`
   */
  static async openCorrected(folder: string): Promise<PreparedDataset> {
    return PreparedDataset.openWith(folder, await readCorrections(folder))
  }

  private static async openWith(folder: string, corrections: readonly Correction[]): Promise<PreparedDataset> {
    const manifest = await readManifest(folder)
    const count = manifest.trainCount + manifest.valCount
    const labels = await readLabels(folder, manifest)
    const pixels = manifest.imageSize ** 2
    await checkSize(join(folder, datasetFiles.images), folder, count * pixels * 3)
    if (manifest.hasMasks) await checkSize(join(folder, datasetFiles.masks), folder, count * pixels)
    const ranges = {
      train: { start: 0, count: manifest.trainCount },
      val: { start: manifest.trainCount, count: manifest.valCount },
    }
    const recordsLeft = correctLabels(labels, corrections, manifest.classes.length, folder)
    const records = { train: recordsLeft(ranges.train), val: recordsLeft(ranges.val) }
    const counted = corrections.length === 0 ? manifest : correctedManifest(manifest, labels, records)
    const inForce = { summary: summariseCorrections(corrections), records }
    const images = await openDescriptor(join(folder, datasetFiles.images), 'r')
    return new PreparedDataset(folder, counted, labels, ranges, inForce, images)
  }

  get count(): number {
    return this.labels.length
  }

  /** The corrections in force; undefined where there are none. */
  get corrections(): CorrectionSummary | undefined {
    return this.inForce.summary
  }

  /** The first record of a split and how many it has on disk, with those that are left out. */
  splitRange(split: SplitName): RecordRange {
    return this.ranges[split]
  }

  /** Records of a split, ascending, without those that are left out. */
  recordsOf(split: SplitName): Uint32Array {
    return this.inForce.records[split]
  }

  /**
   * Reads records into `target`, one after another in the order of `indices`. All reads are handed
   * to the system before this returns, so they go on while the thread is busy.
   *
   * @param target at least `indices.length` × `recordBytes` bytes; not to be touched until done.
   * @throws VitrineError `unreadable` when the file has become shorter.
   */
  async readRecords(indices: ArrayLike<number>, target: Uint8Array): Promise<void> {
    const reads: Promise<void>[] = []
    let first = 0
    while (first < indices.length) {
      const index = indices[first] ?? -1
      if (index < 0 || index >= this.count) throw new RangeError(`no record ${index} among ${this.count}`)
      let length = 1
      // Neighbours on disk are read in one go: the whole batch where nothing is shuffled.
      while (first + length < indices.length && indices[first + length] === index + length) length++
      const start = first * this.recordBytes
      const part = target.subarray(start, start + length * this.recordBytes)
      reads.push(this.readAt(this.images, datasetFiles.images, part, index * this.recordBytes))
      first += length
    }
    // Nobody may reuse the memory while a read is under way, so one failure waits for the rest.
    const outcomes = await Promise.allSettled(reads)
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
  }

  /** Pixels of one record, `[side, side, 3]`. */
  async readRecord(index: number): Promise<Uint8Array> {
    const pixels = new Uint8Array(this.recordBytes)
    await this.readRecords([index], pixels)
    return pixels
  }

  /** `[side, side]` bytes, 1 where the object is; null when the dataset keeps no masks. */
  async readMask(index: number): Promise<Uint8Array | null> {
    if (!this.manifest.hasMasks) return null
    if (index < 0 || index >= this.count) throw new RangeError(`no record ${index} among ${this.count}`)
    const mask = new Uint8Array(this.manifest.imageSize ** 2)
    const masks = await openDescriptor(join(this.folder, datasetFiles.masks), 'r')
    try {
      await this.readAt(masks, datasetFiles.masks, mask, index * mask.length)
    } finally {
      await closeDescriptor(masks)
    }
    return mask
  }

  /** Where each record came from. @throws VitrineError `unreadable`. */
  async readOrigins(): Promise<RecordOrigin[]> {
    const parsed = z.array(recordOriginSchema).safeParse(await readJson(join(this.folder, datasetFiles.origins)))
    if (!parsed.success || parsed.data.length !== this.count) throw damaged(this.folder, datasetFiles.origins)
    return parsed.data
  }

  /** May be called again. */
  async close(): Promise<void> {
    if (this.closed) return
    this.closed = true
    await closeDescriptor(this.images)
  }

  private readAt(descriptor: number, file: string, target: Uint8Array, position: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const step = (done: number) => {
        const length = Math.min(target.byteLength - done, 2 ** 30)
        read(descriptor, target, done, length, position + done, (error, bytesRead) => {
          if (error) reject(error)
          else if (bytesRead === 0) reject(damaged(this.folder, file))
          else if (done + bytesRead < target.byteLength) step(done + bytesRead)
          else resolve()
        })
      }
      step(0)
    })
  }
}

/**
 * Reads `dataset.json`.
 *
 * @throws VitrineError `not-found` when there is none, `unreadable` when it is damaged.
 */
export async function readManifest(folder: string): Promise<DatasetManifest> {
  const value = await readJson(join(folder, datasetFiles.manifest))
  if (value === undefined) {
    const message = `${folder} is not a prepared dataset: run "vitrine prepare" on the folder of images first.`
    throw new VitrineError('not-found', message, { field: 'data.dataset' })
  }
  const parsed = datasetManifestSchema.safeParse(value)
  if (!parsed.success) throw damaged(folder, datasetFiles.manifest)
  return parsed.data
}

/**
 * Puts the corrected labels in their places.
 * @returns what lists the records of a range that are not left out
 * @throws VitrineError `unreadable` for a correction of a record or to a class that isn't there
 */
function correctLabels(labels: Int32Array, corrections: readonly Correction[], classes: number, folder: string) {
  const leftOut = new Set<number>()
  for (const { index, label } of corrections) {
    if (index >= labels.length || (label ?? 0) >= classes) throw damaged(folder, datasetFiles.corrections)
    if (label === null) leftOut.add(index)
    else labels[index] = label
  }
  return ({ start, count }: RecordRange): Uint32Array =>
    Uint32Array.from({ length: count }, (_, place) => start + place).filter((record) => !leftOut.has(record))
}

/** The manifest with the counts of the records that are left. */
function correctedManifest(
  manifest: DatasetManifest,
  labels: Int32Array,
  { train, val }: InForce['records'],
): DatasetManifest {
  const left = Array.from([...train, ...val], (record) => labels[record] ?? 0)
  const classCounts = countByClass(left, train.length, manifest.classes.length)
  return { ...manifest, trainCount: train.length, valCount: val.length, classCounts }
}

async function readLabels(folder: string, manifest: DatasetManifest): Promise<Int32Array> {
  const label = z
    .int()
    .min(0)
    .max(Math.max(0, manifest.classes.length - 1))
  const parsed = z.array(label).safeParse(await readJson(join(folder, datasetFiles.labels)))
  if (!parsed.success || parsed.data.length !== manifest.trainCount + manifest.valCount) {
    throw damaged(folder, datasetFiles.labels)
  }
  return Int32Array.from(parsed.data)
}

/** The value in a JSON file; undefined when there is no such file, null when it isn't JSON. */
async function readJson(path: string): Promise<unknown> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw error
  }
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

async function checkSize(path: string, folder: string, sizeBytes: number): Promise<void> {
  const stats = await stat(path).catch(() => null)
  if (stats?.size !== sizeBytes) throw damaged(folder, path)
}

function damaged(folder: string, file: string): VitrineError {
  const name = file.startsWith(folder) ? file.slice(folder.length + 1) : file
  const message = `The dataset in ${folder} is damaged, because its ${name} doesn't fit the rest: prepare it again.`
  return new VitrineError('unreadable', message, { field: 'data.dataset' })
}
