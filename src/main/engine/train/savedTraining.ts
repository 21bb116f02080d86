import { readdir, rename, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { VitSizes } from '@shared/config/modelConfig'
import { VitrineError } from '@shared/errors'
import { runFiles } from '@shared/folders'
import { parseJson } from '@shared/json'
import { readSafetensors, type SafetensorsFile } from '../formats/safetensors'
import { parameterSpecs, type Weights } from '../vit/parameters'
import { checkpointPath, generationKey, optimizerPath, stateKey } from './checkpoints'
import { trainingStateSchema, type TrainingState } from './trainingState'

/** A run as its last save left it. */
export interface SavedTraining {
  weights: Weights
  optimizer: Weights
  state: TrainingState
  /** Which checkpoint it was taken from; `best` only where `last` is damaged. */
  from: 'last' | 'best'
}

/** Null where there is no such file; an unreadable one counts as a damaged checkpoint. */
async function readIfThere(path: string): Promise<SafetensorsFile | 'damaged' | null> {
  try {
    return await readSafetensors(path)
  } catch (error) {
    if (!(error instanceof VitrineError)) throw error
    return error.kind === 'not-found' ? null : 'damaged'
  }
}

function stateIn({ metadata }: SafetensorsFile): TrainingState | null {
  const parsed = trainingStateSchema.safeParse(parseJson(metadata[stateKey] ?? ''))
  return parsed.success ? parsed.data : null
}

type FileState = Awaited<ReturnType<typeof readIfThere>>

/** The model's parameters in a checkpoint, which holds fixed positions as well; null where one is missing. */
function parametersIn({ tensors }: SafetensorsFile, sizes: VitSizes): Weights | null {
  const weights: Weights = new Map()
  for (const { name } of parameterSpecs(sizes)) {
    const weight = tensors.get(name)
    if (weight === undefined) return null
    weights.set(name, weight)
  }
  return weights
}

/** Weights and optimizer where both are whole and of the same save; otherwise null. */
function pair(
  checkpoint: FileState,
  optimizer: FileState,
  sizes: VitSizes,
  from: SavedTraining['from'],
): SavedTraining | null {
  if (checkpoint === null || checkpoint === 'damaged' || optimizer === null || optimizer === 'damaged') return null
  const generation = checkpoint.metadata[generationKey]
  const state = stateIn(optimizer)
  const weights = parametersIn(checkpoint, sizes)
  if (generation === undefined || optimizer.metadata[generationKey] !== generation) return null
  return state === null || weights === null ? null : { weights, optimizer: optimizer.tensors, state, from }
}

/**
 * What a run goes on from: `last`, or `best` where `last` is damaged; null where nothing was saved yet.
 * A save that was cut short is finished first, and what it left over is removed.
 *
 * @throws VitrineError `unreadable` where there are checkpoints but none that a run can go on from
 */
export async function readSavedTraining(runFolder: string, sizes: VitSizes): Promise<SavedTraining | null> {
  const last = await readIfThere(checkpointPath(runFolder, 'last'))
  const saved = await savedLast(runFolder, last, sizes)
  await removeLeftovers(runFolder)
  if (saved !== null) return saved
  const best = await readIfThere(checkpointPath(runFolder, 'best'))
  if (last === null && best === null) return null
  const savedBest = pair(best, await readIfThere(optimizerPath(runFolder, 'best')), sizes, 'best')
  if (savedBest !== null) return savedBest
  throw new VitrineError(
    'unreadable',
    `The run ${basename(runFolder)} can't go on, because its checkpoints are damaged or older than resuming: start a new run from one of them.`,
  )
}

async function savedLast(runFolder: string, weights: FileState, sizes: VitSizes): Promise<SavedTraining | null> {
  const last = optimizerPath(runFolder, 'last')
  const saved = pair(weights, await readIfThere(last), sizes, 'last')
  if (saved !== null) return saved
  const next = optimizerPath(runFolder, 'next')
  const finished = pair(weights, await readIfThere(next), sizes, 'last')
  if (finished !== null) await rename(next, last)
  return finished
}

/** Files of a save that was cut short. */
async function removeLeftovers(runFolder: string) {
  for (const folder of ['', runFiles.checkpoints, runFiles.snapshots]) {
    const files = await readdir(join(runFolder, folder)).catch(() => [])
    const leftovers = files.filter((file) => /^\..+\.tmp$|^next\./.test(file))
    for (const file of leftovers) await rm(join(runFolder, folder, file), { force: true })
  }
}
