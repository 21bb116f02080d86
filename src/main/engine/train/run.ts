import { basename } from 'node:path'
import { checkAgainstDataset, problemSentence, vitSizes, type RunConfig, type VitSizes } from '@shared/config/runConfig'
import type { RunRecord } from '@shared/contract/records'
import { failureOf, VitrineError } from '@shared/errors'
import { countParameters } from '@shared/model/size'
import { deviceKind, libraryVersion, tf } from '../backend/tensorflow'
import type { PreparedDataset } from '../data/dataset'
import { BatchLoader } from '../data/loader'
import { resolveDataset } from '../data/resolve'
import type { EnginePlaces, JobContext } from '../job'
import { appendLog, createRunFolder, MetricsWriter, writeRunRecord } from '../runs/runFolder'
import { saveCheckpoint } from './checkpoints'
import { CompiledTrainer } from './compiledTrainer'
import { startingWeights } from './initialWeights'
import { TrainingLoop, type LoopEnd } from './loop'
import type { StepSettings } from './step'

type Normalize = Pick<RunRecord['dataset'], 'mean' | 'std'>

function sizesFor(config: RunConfig, dataset: PreparedDataset): VitSizes {
  const { imageSize, classes, trainCount, valCount } = dataset.manifest
  const facts = { imageSize, numClasses: classes.length, trainCount, valCount }
  const [problem] = checkAgainstDataset(config, facts)
  if (problem !== undefined) {
    throw new VitrineError('invalid-input', problemSentence(problem), { field: problem.field })
  }
  return vitSizes(config, facts)
}

function newRecord(
  config: RunConfig,
  runFolder: string,
  sizes: VitSizes,
  dataset: PreparedDataset,
  normalize: Normalize,
): RunRecord {
  const { name, classes, trainCount, valCount } = dataset.manifest
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
    dataset: { name, classes, trainCount, valCount, ...normalize },
    parameters: countParameters(sizes),
    stepsPerEpoch: Math.ceil(trainCount / config.train.batchSize),
    versions: { tensorflow: libraryVersion(), tfjs: tf.version['tfjs-node'], node: process.versions.node },
    device: deviceKind(),
    processId: process.pid,
    best: null,
  }
}

function loaderFor(config: RunConfig, dataset: PreparedDataset, split: 'train' | 'val'): BatchLoader {
  const training = split === 'train'
  return new BatchLoader({
    dataset,
    split,
    batchSize: config.train.batchSize,
    seed: config.seed,
    shuffle: training && config.data.shuffle,
    augment: training ? config.data.augment : 'none',
    dropLast: false,
  })
}

function statusAfter(error: unknown): Pick<RunRecord, 'status' | 'reason'> {
  const { kind, message } = failureOf(error)
  return kind === 'cancelled'
    ? { status: 'cancelled', reason: 'Cancelled by you.' }
    : { status: 'failed', reason: message }
}

/**
 * Trains a model and keeps everything about it in `runFolder`, which is made here. The folder can be
 * read at any moment, also after the process was killed.
 * @throws VitrineError for a configuration that doesn't fit the dataset, a full disk, a loss that is
 * not finite, and `cancelled`
 */
export async function runTraining(
  config: RunConfig,
  runFolder: string,
  places: EnginePlaces,
  context: JobContext,
): Promise<RunRecord> {
  const dataset = await resolveDataset(config.data.dataset, places.home, places.resources, context)
  try {
    const sizes = sizesFor(config, dataset)
    const weights = await startingWeights(config, sizes)
    const normalize = config.data.normalize ?? dataset.manifest.statistics
    await createRunFolder(runFolder)
    const record = newRecord(config, runFolder, sizes, dataset, normalize)
    await writeRunRecord(runFolder, record)
    await appendLog(runFolder, `Started on ${record.device} with TensorFlow ${libraryVersion()}.`)
    try {
      const end = await train(record, runFolder, dataset, weights, context)
      Object.assign(record, { status: end.status, reason: end.reason })
    } catch (error) {
      Object.assign(record, statusAfter(error))
      throw error
    } finally {
      record.endedAt = new Date().toISOString()
      await writeEnd(runFolder, record)
    }
    return record
  } finally {
    await dataset.close()
  }
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

async function train(
  record: RunRecord,
  runFolder: string,
  dataset: PreparedDataset,
  weights: Parameters<typeof CompiledTrainer.create>[2],
  context: JobContext,
): Promise<LoopEnd> {
  const { config, sizes } = record
  const normalize = { mean: record.dataset.mean, std: record.dataset.std }
  const settings: StepSettings = {
    sizes,
    batchSize: config.train.batchSize,
    recordSide: dataset.manifest.imageSize,
    normalize,
    labelSmoothing: config.train.labelSmoothing,
    clipGradNorm: config.train.clipGradNorm,
    optimizer: config.train.optimizer,
  }
  context.emit({ type: 'progress', progress: { stage: 'Building the graph', done: 0, total: null, secondsLeft: null } })
  const trainer = await CompiledTrainer.create(settings, config.train.precision, weights)
  const metrics = await MetricsWriter.open(runFolder)
  const model = { sizes, classes: record.dataset.classes, normalize, title: record.name }
  try {
    const loop = new TrainingLoop({
      config,
      trainer,
      training: loaderFor(config, dataset, 'train'),
      validation: dataset.manifest.valCount > 0 ? loaderFor(config, dataset, 'val') : null,
      context,
      record: async (lines) => {
        await metrics.write(lines)
        context.emit({ type: 'metrics', lines })
      },
      save: (names, position) => saveCheckpoint(runFolder, names, trainer, model, position),
      epochEnded: async (best) => {
        record.best = best
        await writeRunRecord(runFolder, record)
      },
    })
    return await loop.run()
  } finally {
    await metrics.close()
    trainer.dispose()
  }
}
