import { hash } from 'node:crypto'
import { availableParallelism } from 'node:os'
import sharp from 'sharp'
import type { RecordOrigin, SkippedFile } from '@shared/contract/records'
import type { JobContext } from '@engine/job'
import { ChannelStatistics } from './channelStatistics'
import type { DatasetWriter } from './datasetWriter'
import { decodeContent, UnusableImage } from './decode'
import type { EarlierRecords } from './earlierRecords'
import type { Journal, JournalEntry } from './journal'
import type { PlannedImage, UsableImage } from './preparePlan'
import { ProgressReporter, throwIfEnded } from './progress'

/** Threads on which sharp works, unless the environment says otherwise. */
const defaultPoolThreads = 4
const digestDigits = 32

export const keptSentence =
  'Preparing the dataset was cancelled: prepare the same images again to go on where it stopped.'

export interface RecordMakerOptions {
  side: number
  background: string
  writer: DatasetWriter
  journal: Journal
  earlier: EarlierRecords
  context: JobContext
}

interface Made {
  pixels: Uint8Array
  origin: RecordOrigin & { digest: string }
  /** The record is in its place already. */
  written: boolean
}

/** Half of a SHA-256 of a record's pixels: two that are alike have the same one. */
export function pixelDigest(pixels: Uint8Array): string {
  return hash('sha256', pixels, 'hex').slice(0, digestDigits)
}

/** Turns the images of a plan into records, each at its place in the plan. */
export class RecordMaker {
  /** Of the training images as planned. */
  readonly statistics = new ChannelStatistics()
  readonly skipped: SkippedFile[] = []
  /** Images that were not decoded, because that had been done before. */
  reused = 0
  private readonly usable: UsableImage[] = []

  constructor(private readonly options: RecordMakerOptions) {}

  /**
   * Works on several images at a time, each on one thread: that keeps the cores busier than sharing
   * an image between them. Where sharp has fewer threads than the machine, it shares after all.
   *
   * @returns in the order of the plan
   * @throws VitrineError `cancelled`; the system's error as it is (e.g. `ENOSPC`)
   */
  async makeAll(plan: readonly PlannedImage[]): Promise<UsableImage[]> {
    const { context, journal } = this.options
    const progress = new ProgressReporter(context, 'Preparing images', plan.length)
    const remaining = plan.entries()
    let failed = false
    const work = async () => {
      for (const [position, image] of remaining) {
        if (failed) return
        try {
          throwIfEnded(context, keptSentence)
          await this.make(position, image)
        } catch (error) {
          failed = true
          throw error
        }
        progress.advance()
      }
    }
    const cores = availableParallelism()
    const poolThreads = Number(process.env['UV_THREADPOOL_SIZE']) || defaultPoolThreads
    const threads = sharp.concurrency()
    sharp.concurrency(Math.max(1, Math.floor(cores / poolThreads)))
    try {
      const workers = Math.min(cores, poolThreads) + 1
      const outcomes = await Promise.allSettled(Array.from({ length: workers }, work))
      for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
    } finally {
      sharp.concurrency(threads)
      await journal.flush()
    }
    return this.usable.sort((a, b) => a.position - b.position)
  }

  private async make(position: number, image: PlannedImage): Promise<void> {
    const { writer, journal } = this.options
    let stamp = ''
    try {
      stamp = await image.source.stamp()
      const { pixels, origin, written } = await this.recordOf(position, image, stamp)
      if (image.split === 'train') this.statistics.add(pixels)
      if (!written) {
        await writer.writeImages(position, pixels)
        await journal.add({ position, stamp, origin, reason: null })
      }
      this.usable.push({ ...image, position, origin })
    } catch (error) {
      if (!(error instanceof UnusableImage)) throw error
      this.skipped.push({ file: image.source.file, reason: error.reason })
      await journal.add({ position, stamp, origin: null, reason: error.reason })
    }
  }

  private async recordOf(position: number, image: PlannedImage, stamp: string): Promise<Made> {
    const { side, background, earlier, journal } = this.options
    const { source } = image
    const kept = await this.keptRecord(position, journal.done.get(position), stamp)
    if (kept !== null) return kept
    const before = await earlier.find(source.file, stamp)
    if (before !== null && pixelDigest(before.pixels) === before.origin.digest) {
      this.reused += 1
      return { pixels: before.pixels, origin: { ...before.origin, digest: before.origin.digest }, written: false }
    }
    const { pixels, width, height } = await decodeContent(source.file, await source.load(), { side, background })
    const origin = { file: source.file, width, height, stamp, digest: pixelDigest(pixels) }
    return { pixels, origin, written: false }
  }

  /** What an interrupted preparation wrote, when its file is unchanged and all of it is there. */
  private async keptRecord(position: number, entry: JournalEntry | undefined, stamp: string): Promise<Made | null> {
    if (entry?.stamp !== stamp || entry.origin === null) return null
    const pixels = await this.options.writer.readImage(position)
    if (pixelDigest(pixels) !== entry.origin.digest) return null
    this.reused += 1
    return { pixels, origin: entry.origin, written: true }
  }
}
