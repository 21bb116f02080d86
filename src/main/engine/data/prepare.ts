import { realpath } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { basename, isAbsolute, relative, resolve, sep } from 'node:path'
import sharp from 'sharp'
import type { DatasetManifest, SkippedFile } from '@shared/contract/records'
import { VitrineError } from '@shared/errors'
import type { JobContext } from '@engine/job'
import { ChannelStatistics } from './channelStatistics'
import { countByClass } from './classCounts'
import { DatasetWriter } from './datasetWriter'
import { decodeSquare, UnusableImage } from './decode'
import { scanImageFolder } from './imageFolder'
import { arrangeUsable, planSplits, type PlannedImage, type UsableImage } from './preparePlan'
import { ProgressReporter, throwIfEnded } from './progress'

export interface PrepareInput {
  /** Folder of class folders, with or without `train` and `val` above them. */
  source: string
  out: string
  /** Side of the records in pixels. */
  imageSize: number
  /** Share of each class that is kept for validation where the source has no folder for it. */
  valFraction: number
  seed?: number
}

/**
 * Turns a folder of images into a prepared dataset. Images that can't be used are left out and
 * listed in the manifest; a cancelled or failed preparation leaves nothing behind.
 *
 * @throws VitrineError `not-found`, `invalid-input`, `cancelled`; the system's error as it is (e.g. `ENOSPC`).
 */
export async function prepareDataset(input: PrepareInput, context: JobContext): Promise<DatasetManifest> {
  const { source, out, imageSize, valFraction, seed = 42 } = input
  const folder = await scanImageFolder(source)
  await checkApart(source, out)
  const plan = planSplits(folder, valFraction, seed)
  const writer = await DatasetWriter.begin(out, imageSize, { masks: false })
  try {
    const statistics = new ChannelStatistics()
    const decoded = await decodeAll(plan, imageSize, { writer, statistics, context })
    const { classes, images, moved, skipped } = arrangeUsable(decoded.usable, folder.val === null && valFraction > 0)
    const allSkipped = [...folder.skipped, ...decoded.skipped, ...skipped].sort((a, b) => (a.file < b.file ? -1 : 1))
    if (classes.length < 2) throw tooFewUsable(source, classes, allSkipped)
    for (const { position, split } of moved) {
      const pixels = await writer.readImage(position)
      if (split === 'train') statistics.add(pixels)
      else statistics.remove(pixels)
    }
    await writer.compact(images.map(({ position }) => position))
    throwIfEnded(context)

    const labels = images.map(({ className }) => classes.indexOf(className))
    const trainCount = images.filter(({ split }) => split === 'train').length
    const manifest: DatasetManifest = {
      format: 1,
      name: basename(resolve(source)),
      source: resolve(source),
      createdAt: new Date().toISOString(),
      imageSize,
      classes,
      trainCount,
      valCount: images.length - trainCount,
      classCounts: countByClass(labels, trainCount, classes.length),
      statistics: statistics.result(),
      skipped: allSkipped,
      hasMasks: false,
    }
    return await writer.commit(
      manifest,
      labels,
      images.map(({ origin }) => origin),
    )
  } catch (error) {
    await writer.discard()
    throw error
  }
}

/** A dataset inside its own source would be taken for a class the next time. */
async function checkApart(source: string, out: string): Promise<void> {
  for (const outer of [resolve(source), await realpath(source)]) {
    const path = relative(outer, resolve(out))
    if (path.split(sep)[0] !== '..' && !isAbsolute(path)) {
      throw new VitrineError('invalid-input', `${out} is inside the folder of images: choose a folder outside of it.`)
    }
  }
}

interface Destination {
  writer: DatasetWriter
  statistics: ChannelStatistics
  context: JobContext
}

/**
 * Decodes several images at a time, each on one thread: that keeps the cores busier than sharing an
 * image between them. Every image is written at its place in the plan.
 */
async function decodeAll(
  plan: readonly PlannedImage[],
  side: number,
  { writer, statistics, context }: Destination,
): Promise<{ usable: UsableImage[]; skipped: SkippedFile[] }> {
  const usable: UsableImage[] = []
  const skipped: SkippedFile[] = []
  const progress = new ProgressReporter(context, 'Preparing images', plan.length)
  const remaining = plan.entries()
  let failed = false
  const work = async () => {
    for (const [position, image] of remaining) {
      throwIfEnded(context)
      if (failed) return
      try {
        const { pixels, width, height } = await decodeSquare(image.path, side)
        if (image.split === 'train') statistics.add(pixels)
        await writer.writeImages(position, pixels)
        usable.push({ ...image, position, origin: { file: image.file, width, height } })
      } catch (error) {
        if (!(error instanceof UnusableImage)) {
          failed = true
          throw error
        }
        skipped.push({ file: image.file, reason: error.reason })
      }
      progress.advance()
    }
  }
  const threads = sharp.concurrency()
  sharp.concurrency(1)
  try {
    const outcomes = await Promise.allSettled(Array.from({ length: availableParallelism() + 1 }, work))
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
  } finally {
    sharp.concurrency(threads)
  }
  return { usable: usable.sort((a, b) => a.position - b.position), skipped }
}

function tooFewUsable(source: string, classes: readonly string[], skipped: readonly SkippedFile[]): VitrineError {
  const found = classes.length === 0 ? 'No image can be used' : `Only the class ${classes.join()} has usable images`
  const example = skipped.slice(0, 1).map(({ file, reason }) => ` (${file}: ${reason})`)
  return new VitrineError(
    'invalid-input',
    `${found} in ${source}${example.join('')}, and training needs at least two classes: add images or choose another folder.`,
  )
}
