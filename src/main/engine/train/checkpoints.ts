import { randomUUID } from 'node:crypto'
import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { averageOf, checkpointFile, checkpointsAmong, snapshotEpoch, snapshotName } from '@shared/checkpointNames'
import type { TrainConfig } from '@shared/config/trainConfig'
import type { CheckpointName } from '@shared/contract/records'
import { runFiles } from '@shared/folders'
import { syncFolder } from '../formats/atomicWrite'
import { placeCopy } from '../formats/placeCopy'
import { writeSafetensors } from '../formats/safetensors'
import { writeCheckpoint, type Checkpoint } from '../vit/checkpoint'
import type { Trainer } from './trainer'
import type { TrainingState } from './trainingState'

/** Entries of both files' metadata: which optimizer state belongs to which weights, and where the run was. */
export const generationKey = 'vitrine.generation'
export const stateKey = 'vitrine.training'

export function checkpointPath(runFolder: string, name: CheckpointName): string {
  return join(runFolder, ...checkpointFile(name))
}

/** Where the optimizer's state of `last` or `best` is, and that of a checkpoint on its way to becoming `last`. */
export function optimizerPath(runFolder: string, name: 'last' | 'best' | 'next'): string {
  return join(runFolder, runFiles.checkpoints, `${name}.optimizer.safetensors`)
}

function nextPath(runFolder: string, suffix = ''): string {
  return join(runFolder, runFiles.checkpoints, `next${suffix}.safetensors`)
}

/** What all checkpoints of a run have in common. */
export type CheckpointModel = Omit<Checkpoint, 'weights' | 'epoch' | 'stepInEpoch'>

/** What a save is kept as besides `last`. */
export interface KeptAs {
  best: boolean
  /** The epoch that has just been finished; null within an epoch. */
  epoch: number | null
}

/**
 * Keeps weights, optimizer and position of a run, as `last` and whatever else it is to be. Each file
 * is whole or not there, and weights and optimizer change together: everything is first written as
 * `next`; from the moment that its weights become `last`, `next`'s optimizer state counts as `last`'s,
 * by their common generation, and takes that name too. Best and snapshots come before `last`: a run
 * that is killed in between makes its last epoch again, and then these once more.
 */
export async function saveCheckpoint(
  runFolder: string,
  trainer: Trainer,
  model: CheckpointModel,
  state: TrainingState,
  keptAs: KeptAs,
  { checkpoints, ema }: Pick<TrainConfig, 'checkpoints' | 'ema'>,
): Promise<void> {
  const metadata = { [generationKey]: randomUUID() }
  const facts = { ...model, epoch: state.epoch - 1, stepInEpoch: state.stepInEpoch }
  const optimizer = optimizerPath(runFolder, 'next')
  await writeSafetensors(optimizer, trainer.optimizerState(), { ...metadata, [stateKey]: JSON.stringify(state) })
  if (ema !== null) {
    await writeCheckpoint(nextPath(runFolder, '.ema'), { ...facts, weights: trainer.weights('average') }, metadata)
  }
  await writeCheckpoint(nextPath(runFolder), { ...facts, weights: trainer.weights() }, metadata)

  const copies: CheckpointName[] = keptAs.best ? ['best'] : []
  if (keptAs.epoch !== null && isKept(keptAs.epoch, keptAs.epoch, checkpoints)) copies.push(snapshotName(keptAs.epoch))
  for (const name of copies) await copyNext(runFolder, name, ema !== null)
  if (keptAs.best) await placeCopy(optimizer, optimizerPath(runFolder, 'best'))

  if (ema !== null) await rename(nextPath(runFolder, '.ema'), checkpointPath(runFolder, averageOf('last')))
  await rename(nextPath(runFolder), checkpointPath(runFolder, 'last'))
  await rename(optimizer, optimizerPath(runFolder, 'last'))
  await syncFolder(join(runFolder, runFiles.checkpoints))
  if (keptAs.epoch !== null) await removeOldSnapshots(runFolder, keptAs.epoch, checkpoints)
}

async function copyNext(runFolder: string, name: CheckpointName, withAverage: boolean) {
  await mkdir(dirname(checkpointPath(runFolder, name)), { recursive: true })
  if (withAverage) await placeCopy(nextPath(runFolder, '.ema'), checkpointPath(runFolder, averageOf(name)))
  await placeCopy(nextPath(runFolder), checkpointPath(runFolder, name))
}

/** Whether an epoch's snapshot is kept while `newest` is the last epoch; with `keepLast` 1, `last` is enough. */
function isKept(epoch: number, newest: number, { keepLast, everyEpochs }: TrainConfig['checkpoints']): boolean {
  return (keepLast > 1 && epoch > newest - keepLast) || (everyEpochs !== null && epoch % everyEpochs === 0)
}

async function removeOldSnapshots(runFolder: string, newest: number, kept: TrainConfig['checkpoints']) {
  const folder = join(runFolder, runFiles.snapshots)
  let files: string[]
  try {
    files = await readdir(folder)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return
    throw error
  }
  for (const name of checkpointsAmong(files)) {
    const epoch = snapshotEpoch(name)
    if (epoch !== null && !isKept(epoch, newest, kept)) await rm(checkpointPath(runFolder, name))
  }
}
