import { basename } from 'node:path'
import type { VitSizes } from '@shared/config/modelConfig'
import { checkAgainstDataset, problemSentence, vitSizes, type RunConfig } from '@shared/config/runConfig'
import type { RunRecord } from '@shared/contract/records'
import { failureOf, VitrineError } from '@shared/errors'
import { normalizationFor } from '@shared/greyscale'
import { countParameters } from '@shared/model/size'
import { positionWords } from '@shared/trainingPosition'
import { deviceKind, libraryVersion, tf } from '../backend/tensorflow'
import type { PreparedDataset } from '../data/dataset'
import { resolveDataset } from '../data/resolve'
import type { EnginePlaces, JobContext } from '../job'
import { cutMetrics } from '../runs/cutMetrics'
import { appendLog, createRunFolder, writeRunRecord } from '../runs/runFolder'
import { withRunLock } from '../runs/runLock'
import { startingWeights } from './initialWeights'
import { stepsPerEpoch } from './loop'
import { checkMemory } from './memoryCheck'
import { checkSameImages, checkSameSettings, readContinuation, readResumableRecord } from './resume'
import { trainSession, type SessionOptions, type StartingPoint } from './session'
import { startOfRun } from './trainingState'

type Normalize = Pick<RunRecord['dataset'], 'mean' | 'std'>

/** Against a crash, a run is saved within an epoch as well. */
const defaultSaveEverySeconds = 60

export interface TrainingOptions {
  /** Longest time within an epoch without a save; a minute where nothing is said. */
  saveEverySeconds?: number | undefined
}

function sizesFor(config: RunConfig, dataset: PreparedDataset): VitSizes {
  const { imageSize, classes, trainCount, valCount } = dataset.manifest
  const facts = { imageSize, numClasses: classes.length, trainCount, valCount }
  const [problem] = checkAgainstDataset(config, facts)
  if (problem !== undefined) {
    throw new VitrineError('invalid-input', problemSentence(problem), { field: problem.field })
  }
  return vitSizes(config, facts)
}

/** What the process that trains now says about itself in the record. */
function currentProcess(): Pick<RunRecord, 'versions' | 'device' | 'processId'> {
  return {
    versions: { tensorflow: libraryVersion(), tfjs: tf.version['tfjs-node'], node: process.versions.node },
    device: deviceKind(),
    processId: process.pid,
  }
}

function newRecord(
  config: RunConfig,
  runFolder: string,
  sizes: VitSizes,
  dataset: PreparedDataset,
  normalize: Normalize,
): RunRecord {
  const { name, classes, trainCount, valCount } = dataset.manifest
  const { batchSize, gradAccumulation } = config.train
  const id = basename(runFolder)
  return {
    format: 1,
    id,
    name: config.name === '' ? id : config.name,
    createdAt: new Date().toISOString(),
    endedAt: null,
    status: 'running',
    reason: null,
    config,
    sizes,
    dataset: {
      name,
      classes,
      trainCount,
      valCount,
      ...normalize,
      ...(dataset.corrections && { corrections: dataset.corrections }),
    },
    parameters: countParameters(sizes),
    stepsPerEpoch: stepsPerEpoch(Math.ceil(trainCount / batchSize), gradAccumulation),
    ...currentProcess(),
    best: null,
  }
}

/** A graphics card has memory of its own, of which the system tells nothing. */
function checkHostMemory(sizes: VitSizes, { train }: RunConfig) {
  if (deviceKind() === 'CPU') checkMemory(sizes, train)
}

function statusAfter(error: unknown): Pick<RunRecord, 'status' | 'reason'> {
  const { kind, message } = failureOf(error)
  return kind === 'cancelled'
    ? { status: 'cancelled', reason: 'Cancelled by you.' }
    : { status: 'failed', reason: message }
}

async function withDataset<T>(
  config: RunConfig,
  { home, resources }: EnginePlaces,
  context: JobContext,
  use: (dataset: PreparedDataset) => Promise<T>,
): Promise<T> {
  const dataset = await resolveDataset(config.data.dataset, home, resources, context)
  try {
    return await use(dataset)
  } finally {
    await dataset.close()
  }
}

/**
 * Trains a model and keeps everything about it in `runFolder`, which is made here. The folder can be
 * read at any moment, also after the process was killed, and the run can go on from it.
 * @throws VitrineError for a configuration that doesn't fit the dataset or the memory, a full disk, a
 * loss or gradient that is not finite, and `cancelled`
 */
export function runTraining(
  config: RunConfig,
  runFolder: string,
  places: EnginePlaces,
  context: JobContext,
  { saveEverySeconds = defaultSaveEverySeconds }: TrainingOptions = {},
): Promise<RunRecord> {
  return withDataset(config, places, context, async (dataset) => {
    const sizes = sizesFor(config, dataset)
    checkHostMemory(sizes, config)
    const weights = await startingWeights(config, sizes)
    const normalize = normalizationFor(sizes.channels, config.data.normalize ?? dataset.manifest.statistics)
    const lock = await createRunFolder(runFolder)
    try {
      const record = newRecord(config, runFolder, sizes, dataset, normalize)
      await writeRunRecord(runFolder, record)
      await appendLog(runFolder, `Started on ${record.device} with TensorFlow ${libraryVersion()}.`)
      const start: StartingPoint = { weights, optimizer: null, state: startOfRun }
      return await trainRecorded(record, { runFolder, dataset, start, context, saveEverySeconds })
    } finally {
      await lock.release()
    }
  })
}

/**
 * Goes on with the run in `runFolder` from its last save, as if it had never been left: the same
 * batches, random numbers and losses. Lines of its metrics that are measured again are dropped.
 * @param config the run's own; only how long it is to be may have changed
 * @throws VitrineError `invalid-input` naming a setting or a dataset that has changed, or where nothing
 * is left to do; `unavailable` while it is being trained; and as `runTraining`
 */
export async function resumeTraining(
  config: RunConfig,
  runFolder: string,
  places: EnginePlaces,
  context: JobContext,
  options: TrainingOptions = {},
): Promise<RunRecord> {
  // What is no run folder gets no lock either.
  await readResumableRecord(runFolder)
  return withRunLock(runFolder, () => resumeLocked(config, runFolder, places, context, options))
}

async function resumeLocked(
  config: RunConfig,
  runFolder: string,
  places: EnginePlaces,
  context: JobContext,
  { saveEverySeconds = defaultSaveEverySeconds }: TrainingOptions,
): Promise<RunRecord> {
  const earlier = await readResumableRecord(runFolder)
  checkSameSettings(earlier.config, config)
  return withDataset(config, places, context, async (dataset) => {
    checkSameImages(earlier, dataset)
    sizesFor(config, dataset)
    checkHostMemory(earlier.sizes, config)
    const { saved, state } = await readContinuation(runFolder, earlier, config)
    const weights = saved?.weights ?? (await startingWeights(config, earlier.sizes))
    await cutMetrics(runFolder, state)
    const record: RunRecord = {
      ...earlier,
      ...currentProcess(),
      config,
      status: 'running',
      reason: null,
      endedAt: null,
      resumedAt: new Date().toISOString(),
      earlierSeconds: state.trainedSeconds,
      best: state.bestEpoch.best,
    }
    await writeRunRecord(runFolder, record)
    const at = positionWords({ epoch: state.epoch - 1, stepInEpoch: state.stepInEpoch })
    const source = saved?.from === 'best' ? ' with the best checkpoint, because the last one is damaged' : ''
    await appendLog(runFolder, `Resumed from ${at}${source} on ${record.device} with TensorFlow ${libraryVersion()}.`)
    const start: StartingPoint = { weights, optimizer: saved?.optimizer ?? null, state }
    return trainRecorded(record, { runFolder, dataset, start, context, saveEverySeconds })
  })
}

/** Trains, and writes into the run's record how that ended. */
async function trainRecorded(record: RunRecord, options: SessionOptions): Promise<RunRecord> {
  try {
    const { status, reason } = await trainSession(record, options)
    Object.assign(record, { status, reason })
  } catch (error) {
    Object.assign(record, statusAfter(error))
    throw error
  } finally {
    record.endedAt = new Date().toISOString()
    await writeEnd(options.runFolder, record)
  }
  return record
}

/** What ended a run matters more than that its end could not be written, e.g. on a full disk. */
async function writeEnd(runFolder: string, record: RunRecord) {
  try {
    await writeRunRecord(runFolder, record)
    await appendLog(runFolder, `Ended: ${record.status}. ${record.reason ?? ''}`.trim())
  } catch (error) {
    process.stderr.write(`The end of the run could not be written: ${failureOf(error).message}\n`)
  }
}
