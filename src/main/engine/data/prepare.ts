import { createHash } from 'node:crypto'
import { realpath, stat } from 'node:fs/promises'
import { isAbsolute, join, relative, resolve, sep } from 'node:path'
import type { DatasetManifest, SkippedFile } from '@shared/contract/records'
import type { PreparationHeader } from '@shared/contract/preparationJournal'
import { VitrineError } from '@shared/errors'
import { datasetFiles, preparationFiles } from '@shared/folders'
import type { JobContext } from '@engine/job'
import type { ChannelStatistics } from './channelStatistics'
import { countByClass } from './classCounts'
import { DatasetWriter } from './datasetWriter'
import { defaultBackground } from './decode'
import { checkFreeSpace } from './diskSpace'
import { findDuplicates, summariseDuplicates } from './duplicates'
import { EarlierRecords } from './earlierRecords'
import { Journal } from './journal'
import { PreparationFolder } from './preparationFolder'
import { arrangeUsable, planSplits, sortedSkipped, type Arrangement, type Plan } from './preparePlan'
import { throwIfEnded } from './progress'
import { keptSentence, RecordMaker } from './recordMaker'
import { openSource, type OpenedSource } from './sources/openSource'

/** Side of the records of pictures that have no size in common. */
const defaultSide = 224
const defaultSeed = 42

export interface PrepareInput {
  /** A folder or an archive of images, or a file of labels in their folder. */
  source: string
  out: string
  /** Side of the records in pixels; by default that of the images where all are alike, or 224. */
  imageSize?: number | undefined
  /** Share of each class that is kept for validation where the source doesn't say. */
  valFraction: number
  seed?: number | undefined
  /** Colour behind transparent pixels, `#rrggbb`; white by default. */
  background?: string | undefined
}

/**
 * Turns a folder or an archive of images into a prepared dataset. Images that can't be used are left
 * out and listed in the manifest. What a cancelled or killed preparation did is kept beside `out`,
 * and the next one of the same images goes on with it; where `out` holds an earlier dataset of the
 * same source, only files that are new or have changed are decoded.
 *
 * @throws VitrineError `not-found`, `invalid-input`, `unreadable`, `unavailable`, `disk-full`,
 * `cancelled`; the system's error as it is (e.g. `ENOSPC`). An earlier dataset is left as it was.
 */
export async function prepareDataset(input: PrepareInput, context: JobContext): Promise<DatasetManifest> {
  await checkApart(input.source, input.out)
  const preparation = await PreparationFolder.open(input.out)
  try {
    const checkpoint = () => throwIfEnded(context, keptSentence)
    const source = await openSource(input.source, { work: preparation.folder, context, checkpoint })
    let records: PreparedRecords
    try {
      records = await makeRecords(input, source, preparation, context)
    } finally {
      await source.close()
    }
    const manifest = await commitRecords(records)
    preparation.end()
    return manifest
  } catch (error) {
    if (await isWorthKeeping(error, preparation.folder)) await preparation.release()
    else await preparation.discard()
    throw error
  }
}

interface PreparedRecords {
  /** Holds the records in their final order. */
  writer: DatasetWriter
  arranged: Arrangement
  statistics: ChannelStatistics
  skipped: SkippedFile[]
  header: PreparationHeader
  recognised: string
}

async function makeRecords(
  input: PrepareInput,
  source: OpenedSource,
  preparation: PreparationFolder,
  context: JobContext,
): Promise<PreparedRecords> {
  const { valFraction, seed = defaultSeed, background = defaultBackground } = input
  const { recognised } = source
  context.emit({ type: 'log', level: 'info', message: recognised })
  const imageSize = input.imageSize ?? source.ownSide ?? defaultSide
  const settings = { source: resolve(input.source), imageSize, seed, valFraction, background }
  const plan = planSplits(source, valFraction, seed)
  const earlier = await EarlierRecords.open(input.out, settings)
  try {
    const total = plan.images.length
    const name = earlier.name ?? source.name
    const header: PreparationHeader = { format: 1, ...settings, name, plan: digestOf(plan, settings), total }
    const { writer, journal } = await openRecords(preparation, header)
    try {
      const maker = new RecordMaker({ side: imageSize, background, writer, journal, earlier, context })
      const usable = await maker.makeAll(plan.images)
      tellReused(maker.reused, total, context)
      const arranged = arrangeUsable(usable, source.classes, plan.chosen)
      const skipped = [...source.skipped, ...plan.skipped, ...maker.skipped, ...arranged.skipped]
      if (arranged.classes.length < 2) throw tooFewUsable(input.source, arranged.classes, sortedSkipped(skipped))
      const { statistics } = maker
      for (const { position, split } of arranged.moved) {
        const pixels = await writer.readImage(position)
        if (split === 'train') statistics.add(pixels)
        else statistics.remove(pixels)
      }
      throwIfEnded(context, keptSentence)
      const positions = arranged.images.map(({ position }) => position)
      if (positions.some((position, target) => position !== target)) await journal.noteArranging()
      await writer.compact(positions)
      await journal.close()
      return { writer, arranged, statistics, skipped: sortedSkipped(skipped), header, recognised }
    } catch (error) {
      // The first failure counts; a full disk makes the journal's last lines fail too.
      await Promise.allSettled([journal.close(), writer.close()])
      throw error
    }
  } finally {
    await earlier.close()
  }
}

async function commitRecords(records: PreparedRecords): Promise<DatasetManifest> {
  const { writer, arranged, statistics, skipped, header, recognised } = records
  const { classes, images } = arranged
  const { name, source, imageSize, seed, valFraction, background } = header
  const numbers = new Map(classes.map((className, label) => [className, label]))
  const labels = images.map((image) => numbers.get(image.source.className) ?? 0)
  const trainCount = images.filter(({ split }) => split === 'train').length
  const duplicates = findDuplicates(
    images.map(({ split, origin: { file } }, index) => ({ index, file, split, label: labels[index] ?? 0 })),
    images.map(({ origin }) => origin.digest),
  )
  const manifest: DatasetManifest = {
    format: 1,
    name,
    source,
    createdAt: new Date().toISOString(),
    imageSize,
    classes,
    trainCount,
    valCount: images.length - trainCount,
    classCounts: countByClass(labels, trainCount, classes.length),
    statistics: statistics.result(),
    skipped,
    hasMasks: false,
    preparation: { seed, valFraction, background, recognised },
    duplicates: summariseDuplicates(duplicates),
  }
  try {
    const origins = images.map(({ origin }) => origin)
    return await writer.commit(manifest, labels, origins, duplicates)
  } finally {
    await writer.close()
  }
}

/** Opens what an interrupted preparation of the same plan left, or begins anew. */
async function openRecords(
  preparation: PreparationFolder,
  header: PreparationHeader,
): Promise<{ writer: DatasetWriter; journal: Journal }> {
  const path = join(preparation.folder, preparationFiles.journal)
  const done = await Journal.read(path, header)
  if (done === null) await preparation.clearRecords()
  const written = await stat(join(preparation.folder, datasetFiles.images)).catch(() => null)
  const neededBytes = header.total * header.imageSize ** 2 * 3
  // Blocks, not length: a record in the middle leaves a hole before it.
  await checkFreeSpace(preparation.folder, neededBytes - (written?.blocks ?? 0) * 512)
  const writer = await DatasetWriter.resume(preparation.place, header.imageSize)
  const journal = done === null ? await Journal.begin(path, header) : await Journal.resume(path, done)
  return { writer, journal }
}

function tellReused(reused: number, total: number, context: JobContext): void {
  if (reused === 0) return
  const message = `${reused} of ${total} images were there already; ${total - reused} were new, changed or unusable.`
  context.emit({ type: 'log', level: 'info', message })
}

/** Changes with the images, their order and classes, and every setting. */
function digestOf(plan: Plan, settings: object): string {
  const digest = createHash('sha256').update(JSON.stringify(settings))
  for (const { source, split } of plan.images) {
    digest.update(JSON.stringify([split, source.className, source.file]))
  }
  return digest.digest('hex')
}

/** A dataset inside its own source would be taken for a class the next time. */
async function checkApart(source: string, out: string): Promise<void> {
  const stats = await stat(source).catch(() => null)
  if (stats?.isDirectory() !== true) return
  for (const outer of [resolve(source), await realpath(source)]) {
    const path = relative(outer, resolve(out))
    if (path.split(sep)[0] !== '..' && !isAbsolute(path)) {
      throw new VitrineError('invalid-input', `${out} is inside the folder of images: choose a folder outside of it.`)
    }
  }
}

/**
 * A cancelled preparation, or one that the disk ended, is gone on with; an input that can't be
 * prepared will not get better by keeping its beginning.
 */
async function isWorthKeeping(error: unknown, folder: string): Promise<boolean> {
  const wrongInput = error instanceof VitrineError && error.kind !== 'cancelled' && error.kind !== 'disk-full'
  if (wrongInput) return false
  const images = await stat(join(folder, datasetFiles.images)).catch(() => null)
  return images !== null && images.size > 0
}

function tooFewUsable(source: string, classes: readonly string[], skipped: readonly SkippedFile[]): VitrineError {
  const found = classes.length === 0 ? 'No image can be used' : `Only the class ${classes.join()} has usable images`
  const example = skipped.slice(0, 1).map(({ file, reason }) => ` (${file}: ${reason})`)
  return new VitrineError(
    'invalid-input',
    `${found} in ${source}${example.join('')}, and training needs at least two classes: add images or choose another folder.`,
  )
}
