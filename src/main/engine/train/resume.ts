import type { RunConfig } from '@shared/config/runConfig'
import type { CorrectionSummary } from '@shared/contract/corrections'
import type { RunRecord } from '@shared/contract/records'
import { VitrineError } from '@shared/errors'
import { isStillAlive } from '@shared/processes'
import type { PreparedDataset } from '../data/dataset'
import { systemProcesses } from '../runs/processTable'
import { readRunRecord } from '../runs/runFolder'
import { readSavedTraining, type SavedTraining } from './savedTraining'
import { startOfRun, type TrainingState } from './trainingState'

/** How long a run is to be may change when it is resumed; `name` is only what it was called at its start. */
const changeable = new Set(['name', 'train.epochs', 'train.maxSteps', 'train.timeBudgetMinutes'])

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

/** Dotted path of the first setting in which two configurations differ; null where they agree. */
function firstDifference(before: unknown, after: unknown, path = ''): string | null {
  if (changeable.has(path)) return null
  if (!isObject(before) || !isObject(after)) return before === after ? null : path
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const found = firstDifference(before[key], after[key], path === '' ? key : `${path}.${key}`)
    if (found !== null) return found
  }
  return null
}

/** @throws VitrineError `invalid-input` naming the first setting that may not change */
export function checkSameSettings(before: RunConfig, after: RunConfig): void {
  const field = firstDifference(before, after)
  if (field === null) return
  throw new VitrineError(
    'invalid-input',
    `"${field}" differs from the run's own setting: a resumed run may only change train.epochs, train.maxSteps and train.timeBudgetMinutes. Set it back, or start a new run.`,
    { field },
  )
}

/** @throws VitrineError `not-found`, `unreadable`, or `unavailable` while another process trains it */
export async function readResumableRecord(runFolder: string): Promise<RunRecord> {
  const record = await readRunRecord(runFolder)
  // The lock tells of runs that are trained now; an older version of the program took none.
  const { processId, createdAt, resumedAt } = record
  const isOwn = processId === process.pid
  const knownAt = new Date(resumedAt ?? createdAt)
  if (record.status === 'running' && !isOwn && (await isStillAlive(systemProcesses, processId, knownAt))) {
    throw new VitrineError(
      'unavailable',
      `“${record.name}” is being trained by process ${processId}: stop it before resuming it.`,
    )
  }
  return record
}

/** Corrections in words that tell the ones of a run from those of now, also where they are as many. */
function correctionWords(corrections: CorrectionSummary | undefined): string {
  if (corrections === undefined) return 'no corrections'
  const { relabelled, leftOut, fingerprint } = corrections
  return `the corrections ${fingerprint.slice(0, 6)} (${relabelled} labels changed, ${leftOut} images left out)`
}

/** @throws VitrineError `invalid-input` where the images are not those that the run began with */
export function checkSameImages({ dataset: before }: RunRecord, { manifest, corrections }: PreparedDataset): void {
  if (before.corrections?.fingerprint !== corrections?.fingerprint) {
    throw new VitrineError(
      'invalid-input',
      `The run began with ${correctionWords(before.corrections)} of the dataset ${manifest.name} and there are now ${correctionWords(corrections)}, so it can't go on as if it had never been left: put the corrections back as they were, or start a new run.`,
      { field: 'data.dataset' },
    )
  }
  const same =
    before.classes.join('\n') === manifest.classes.join('\n') &&
    before.trainCount === manifest.trainCount &&
    before.valCount === manifest.valCount
  if (same) return
  throw new VitrineError(
    'invalid-input',
    `The dataset ${manifest.name} has changed since the run began, so the run can't go on: start a new one.`,
    { field: 'data.dataset' },
  )
}

/** Whether a state has all the steps that a configuration asks for. */
function isComplete({ step, epoch }: TrainingState, { train }: RunConfig): boolean {
  return epoch > train.epochs || (train.maxSteps !== null && step >= train.maxSteps)
}

/** A save as the position of a run that goes on. */
function continued(state: TrainingState, record: RunRecord, config: RunConfig): TrainingState {
  const { timeBudgetMinutes } = config.train
  const budgetSpent = timeBudgetMinutes !== null && state.trainedSeconds >= timeBudgetMinutes * 60
  return {
    ...state,
    // Who resumes a run whose time was over gives it that time again.
    trainedSeconds: budgetSpent ? 0 : state.trainedSeconds,
    // Who resumes a run that had stopped early gives it the same patience again.
    bestEpoch: record.status === 'finished' ? { ...state.bestEpoch, epochsSince: 0 } : state.bestEpoch,
  }
}

/**
 * What a run goes on with: its last save, or its start where there is none.
 * @throws VitrineError `invalid-input` where the run has all the steps that `config` asks for;
 * `unreadable` where its checkpoints are damaged
 */
export async function readContinuation(
  runFolder: string,
  record: RunRecord,
  config: RunConfig,
): Promise<{ saved: SavedTraining | null; state: TrainingState }> {
  const saved = await readSavedTraining(runFolder, record.sizes)
  if (saved === null) return { saved, state: startOfRun }
  const epochs = config.train.epochs
  if (record.status === 'finished' && isComplete(saved.state, config)) {
    const field = saved.state.epoch > epochs ? 'train.epochs' : 'train.maxSteps'
    throw new VitrineError('invalid-input', `The run has finished what "${field}" asks for: set more to go on.`, {
      field,
    })
  }
  if (saved.state.epoch > epochs + 1) {
    throw new VitrineError(
      'invalid-input',
      `The run has already made ${saved.state.epoch - 1} epochs: set "train.epochs" to more than that.`,
      { field: 'train.epochs' },
    )
  }
  return { saved, state: continued(saved.state, record, config) }
}
