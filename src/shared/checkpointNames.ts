import { checkpointNameSchema, type CheckpointName } from './contract/records'
import { runFiles } from './folders'

/** How a run's checkpoints are called, where they are, and how they are put into words. */

const extension = '.safetensors'
const averageSuffix = '.ema'
const snapshotPrefix = 'epoch-'

/** `epoch-0010`: the checkpoint that was kept after an epoch. */
export function snapshotName(epoch: number): CheckpointName {
  return `${snapshotPrefix}${String(epoch).padStart(4, '0')}`
}

/** The name of the averaged weights that belong to a checkpoint. */
export function averageOf(name: CheckpointName): CheckpointName {
  return `${name}${averageSuffix}`
}

/** The epoch of a snapshot; null for `last` and `best`. */
export function snapshotEpoch(name: CheckpointName): number | null {
  return name.startsWith(snapshotPrefix) ? Number.parseInt(name.slice(snapshotPrefix.length), 10) : null
}

/** Folder and file below the run's folder: `['checkpoints', 'last.safetensors']`. */
export function checkpointFile(name: CheckpointName): [folder: string, file: string] {
  return [snapshotEpoch(name) === null ? runFiles.checkpoints : runFiles.snapshots, `${name}${extension}`]
}

/** The checkpoints among the files of both folders: best and last first, then epochs from the newest on. */
export function checkpointsAmong(files: readonly string[]): CheckpointName[] {
  const names = files.flatMap((file) => {
    const parsed = checkpointNameSchema.safeParse(file.endsWith(extension) ? file.slice(0, -extension.length) : '')
    return parsed.success ? [parsed.data] : []
  })
  const place = (name: CheckpointName) => snapshotEpoch(name) ?? Infinity
  return names.sort((a, b) => (place(a) === place(b) ? a.localeCompare(b) : place(b) - place(a)))
}

/** "Best", "Last", "Epoch 10", and with " (average)" where the weights are their moving average. */
export function checkpointWords(name: CheckpointName): string {
  const average = name.endsWith(averageSuffix)
  const plain = average ? name.slice(0, -averageSuffix.length) : name
  const epoch = snapshotEpoch(name)
  const words = epoch === null ? `${plain.charAt(0).toUpperCase()}${plain.slice(1)}` : `Epoch ${epoch}`
  return average ? `${words} (average)` : words
}
