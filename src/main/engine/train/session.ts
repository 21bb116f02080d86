import type { MetricLine, RunRecord } from '@shared/contract/records'
import { learningRatePlan } from '@shared/schedule'
import type { PreparedDataset } from '../data/dataset'
import { BatchLoader } from '../data/loader'
import type { JobContext } from '../job'
import { MetricsWriter, writeRunRecord } from '../runs/runFolder'
import type { Weights } from '../vit/parameters'
import { saveCheckpoint } from './checkpoints'
import { CompiledTrainer } from './compiledTrainer'
import { notFiniteError } from './diagnose'
import { FigureRecorder, isRecorded } from './figureRecorder'
import { stepsPerEpoch, TrainingLoop, type LoopEnd } from './loop'
import { stepSettings } from './stepSettings'
import type { TrainingState } from './trainingState'

/** What a run trains from: fresh or saved weights, with what the optimizer knows, and the position. */
export interface StartingPoint {
  weights: Weights
  /** Null for a fresh start. */
  optimizer: Weights | null
  state: TrainingState
}

export interface SessionOptions {
  runFolder: string
  dataset: PreparedDataset
  start: StartingPoint
  context: JobContext
  /** Longest time within an epoch without a save. */
  saveEverySeconds: number
}

function loaderFor({ config, sizes }: RunRecord, dataset: PreparedDataset, split: 'train' | 'val'): BatchLoader {
  const training = split === 'train'
  return new BatchLoader({
    dataset,
    split,
    batchSize: config.train.batchSize,
    seed: config.seed,
    shuffle: training && config.data.shuffle,
    sampling: training ? config.data.sampling : 'shuffle',
    augment: training ? config.data.augment : 'none',
    side: sizes.imageSize,
    dropLast: false,
  })
}

/**
 * Trains a run from where it stands until something ends it, and keeps metrics, checkpoints and the
 * record of its best epoch on disk.
 * @param record gets the best epoch
 */
export async function trainSession(record: RunRecord, options: SessionOptions): Promise<LoopEnd> {
  const { runFolder, dataset, start, context, saveEverySeconds } = options
  const { config, sizes } = record
  const { train } = config
  const normalize = { mean: record.dataset.mean, std: record.dataset.std }
  const { classCounts, imageSize } = dataset.manifest
  const training = loaderFor(record, dataset, 'train')
  const settings = stepSettings(train, {
    sizes,
    recordSide: imageSize,
    normalize,
    classCounts: classCounts.train,
    augment: training.plan,
  })
  context.emit({ type: 'progress', progress: { stage: 'Building the graph', done: 0, total: null, secondsLeft: null } })
  const trainer = await CompiledTrainer.create(settings, train.precision, start.weights)
  const metrics = await MetricsWriter.open(runFolder)
  const model = { sizes, classes: record.dataset.classes, normalize, title: record.name }
  const recordLines = async (lines: MetricLine[]) => {
    await metrics.write(lines)
    context.emit({ type: 'metrics', lines })
  }
  const figures = new FigureRecorder(runFolder, dataset, config.data.dataset)
  let lastSaved = start.optimizer === null ? null : start.state
  try {
    if (start.optimizer !== null) {
      trainer.setOptimizerState(start.optimizer)
      const { step, epoch } = start.state
      await recordLines([{ type: 'resume', step, epoch, at: new Date().toISOString() }])
    }
    const steps = stepsPerEpoch(training.batchesPerEpoch, train.gradAccumulation)
    const plan = learningRatePlan(train.schedule, train.optimizer.lr, train.epochs, steps)
    const loop = new TrainingLoop({
      config,
      imageSize: sizes.imageSize,
      classes: sizes.numClasses,
      trainer,
      training,
      validation: dataset.manifest.valCount > 0 ? loaderFor(record, dataset, 'val') : null,
      learningRate: (epoch, stepInEpoch) => plan.rateAt(epoch, stepInEpoch),
      context,
      state: start.state,
      saveEverySeconds,
      record: recordLines,
      save: async (state, keptAs) => {
        // What a checkpoint says was measured must not be lost when the machine loses power.
        await metrics.sync()
        await saveCheckpoint(runFolder, trainer, model, state, keptAs, train)
        lastSaved = state
        const { epoch } = keptAs
        if (epoch !== null && isRecorded(epoch, train.epochs)) {
          await figures.record({ ...model, weights: trainer.weights(), epoch })
        }
      },
      epochEnded: async (best) => {
        record.best = best
        await writeRunRecord(runFolder, record)
      },
      notFinite: (batches, step, epoch) => notFiniteError(trainer, settings, batches, { step, epoch, lastSaved }),
    })
    return await loop.run()
  } finally {
    await metrics.close()
    trainer.dispose()
  }
}
