import type {
  DatasetManifest,
  DuplicateAction,
  DuplicateGroup,
  RecordOrigin,
  SplitName,
} from '@shared/contract/records'
import { VitrineError } from '@shared/errors'
import type { JobContext } from '@engine/job'
import { ChannelStatistics } from './channelStatistics'
import { countByClass } from './classCounts'
import { PreparedDataset } from './dataset'
import { DatasetWriter } from './datasetWriter'
import { findDuplicates, summariseDuplicates } from './duplicates'
import { ProgressReporter, throwIfEnded } from './progress'

/** A record of the dataset as it is, and the split that it goes to. */
interface Kept {
  index: number
  split: SplitName
}

/**
 * Moves duplicates out of validation or drops them, as `duplicateActions` says. The dataset is
 * rewritten beside its place and takes it when it is whole.
 *
 * @returns the new manifest, or the old one when there was nothing to do
 * @throws VitrineError `not-found`, `unreadable`, `cancelled`, or `invalid-input` when no training
 * image would be left; the system's error as it is (e.g. `ENOSPC`)
 */
export async function resolveDuplicates(
  folder: string,
  action: DuplicateAction,
  context: JobContext,
): Promise<DatasetManifest> {
  const dataset = await PreparedDataset.open(folder)
  try {
    const origins = await dataset.readOrigins()
    const groups = duplicatesOf(dataset, origins)
    const kept = action === 'drop' ? withoutDuplicates(dataset, groups) : withMoved(dataset, groups)
    const unchanged = kept.length === dataset.count && kept.every(({ index }, target) => index === target)
    const moved = kept.some(({ index, split }) => split !== splitOf(dataset, index))
    if (unchanged && !moved) return dataset.manifest
    if (!kept.some(({ split }) => split === 'train')) {
      const message = 'No training image would be left, so nothing was dropped: check the classes of the duplicates.'
      throw new VitrineError('invalid-input', message)
    }
    return await rewrite(dataset, kept, origins, context)
  } finally {
    await dataset.close()
  }
}

function splitOf(dataset: PreparedDataset, index: number): SplitName {
  return index < dataset.manifest.trainCount ? 'train' : 'val'
}

function duplicatesOf(dataset: PreparedDataset, origins: readonly RecordOrigin[]): DuplicateGroup[] {
  const records = origins.map(({ file }, index) => ({
    index,
    file,
    split: splitOf(dataset, index),
    label: dataset.labels[index] ?? 0,
  }))
  return findDuplicates(
    records,
    origins.map(({ digest }) => digest),
  )
}

/** Records of training come first, so that the one of each group that is kept is one of them where there is any. */
function withoutDuplicates(dataset: PreparedDataset, groups: readonly DuplicateGroup[]): Kept[] {
  const dropped = new Set(
    groups.flatMap(({ labelsDisagree, records }) => records.slice(labelsDisagree ? 0 : 1).map(({ index }) => index)),
  )
  return allRecords(dataset).filter(({ index }) => !dropped.has(index))
}

function withMoved(dataset: PreparedDataset, groups: readonly DuplicateGroup[]): Kept[] {
  const across = groups.filter(({ acrossSplits }) => acrossSplits)
  const toTrain = new Set(across.flatMap(({ records }) => records.map(({ index }) => index)))
  const records = allRecords(dataset).map(({ index, split }): Kept => {
    return { index, split: toTrain.has(index) ? 'train' : split }
  })
  const inSplit = (name: SplitName) => records.filter(({ split }) => split === name)
  return [...inSplit('train'), ...inSplit('val')]
}

function allRecords(dataset: PreparedDataset): Kept[] {
  return Array.from({ length: dataset.count }, (_, index) => ({ index, split: splitOf(dataset, index) }))
}

async function rewrite(
  dataset: PreparedDataset,
  kept: readonly Kept[],
  allOrigins: readonly RecordOrigin[],
  context: JobContext,
): Promise<DatasetManifest> {
  const { folder, manifest } = dataset
  const writer = await DatasetWriter.begin(folder, manifest.imageSize, { masks: manifest.hasMasks })
  try {
    const statistics = new ChannelStatistics()
    const progress = new ProgressReporter(context, 'Rewriting the dataset', kept.length)
    for (const [target, { index, split }] of kept.entries()) {
      throwIfEnded(context, 'Rewriting the dataset was cancelled: it is as it was before.')
      const pixels = await dataset.readRecord(index)
      if (split === 'train') statistics.add(pixels)
      await writer.writeImages(target, pixels)
      const mask = await dataset.readMask(index)
      if (mask !== null) await writer.writeMasks(target, mask)
      progress.advance()
    }
    const labels = kept.map(({ index }) => dataset.labels[index] ?? 0)
    const origins = kept.flatMap(({ index }) => allOrigins[index] ?? [])
    const trainCount = kept.filter(({ split }) => split === 'train').length
    const left = findDuplicates(
      kept.map(({ split }, index) => ({ index, file: origins[index]?.file ?? '', split, label: labels[index] ?? 0 })),
      origins.map(({ digest }) => digest),
    )
    const changed: DatasetManifest = {
      ...manifest,
      trainCount,
      valCount: kept.length - trainCount,
      classCounts: countByClass(labels, trainCount, manifest.classes.length),
      statistics: statistics.result(),
      duplicates: summariseDuplicates(left),
    }
    // A folder with an open file can't be moved on every system.
    await dataset.close()
    return await writer.commit(changed, labels, origins, left)
  } catch (error) {
    await writer.discard()
    throw error
  }
}
