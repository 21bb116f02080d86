import type { VitSizes } from '@shared/config/modelConfig'
import { vitSizes, type DatasetFacts, type RunConfig } from '@shared/config/runConfig'
import type { RunSummary } from '@shared/contract/records'
import { fittingBatch, type FittingBatch } from '@shared/model/fitting'
import { trainingMemoryBytes } from '@shared/model/memory'
import { countParameters, forwardFlops, tokenCount } from '@shared/model/size'
import { learningRatePlan } from '@shared/schedule'

/** How much there is to train. */
export interface TrainWork {
  sizes: VitSizes
  /** Steps of the optimizer; null while the dataset's size is not known. */
  stepsPerEpoch: number | null
  steps: number | null
}

/** What a configuration comes to before it is started. */
export interface TrainPlan extends TrainWork {
  parameters: number
  tokens: number
  /** Floating-point operations of one forward pass over one image. */
  flops: number
  memoryBytes: number
  /** The very rates that the training will use; null for a run too long to draw. */
  schedule: { rates: Float64Array; perEpoch: number } | null
}

/** Until a sample is made its facts are not known; ten classes stand in for the few parameters of the head. */
const assumedFacts = { imageSize: 64, numClasses: 10 }

/** The shape of a schedule by steps hardly depends on how many they are; this many stand in. */
const assumedSteps = 100

const drawnRatesLimit = 2_000_000

function scheduleOf(config: RunConfig, stepsPerEpoch: number): TrainPlan['schedule'] {
  const { schedule, optimizer, epochs } = config.train
  const perEpoch = schedule.interval === 'step' ? stepsPerEpoch : 1
  if (epochs * perEpoch > drawnRatesLimit) return null
  return { rates: learningRatePlan(schedule, optimizer.lr, epochs, stepsPerEpoch).rates, perEpoch }
}

export function trainWork(config: RunConfig, facts: DatasetFacts | null): TrainWork {
  const { epochs, batchSize, gradAccumulation, maxSteps } = config.train
  const stepsPerEpoch = facts === null ? null : Math.ceil(Math.ceil(facts.trainCount / batchSize) / gradAccumulation)
  const allSteps = stepsPerEpoch === null ? null : stepsPerEpoch * epochs
  return {
    sizes: vitSizes(config, facts ?? assumedFacts),
    stepsPerEpoch,
    steps: allSteps === null ? maxSteps : Math.min(allSteps, maxSteps ?? allSteps),
  }
}

export function trainPlan(config: RunConfig, facts: DatasetFacts | null): TrainPlan {
  const work = trainWork(config, facts)
  const { sizes, stepsPerEpoch } = work
  return {
    ...work,
    parameters: countParameters(sizes),
    tokens: tokenCount(sizes),
    flops: forwardFlops(sizes),
    memoryBytes: trainingMemoryBytes(sizes, config.train.batchSize),
    schedule: scheduleOf(config, stepsPerEpoch ?? assumedSteps),
  }
}

export type MemoryFit = { fits: true } | { fits: false; offer: FittingBatch | null }

/** The system and the window need their part of the machine too. */
const usableShare = 0.8

/** Whether a plan fits into the machine's memory, and the batch with accumulation that does where it can't. */
export function memoryFit(plan: TrainPlan, batchSize: number, machineBytes: number): MemoryFit {
  const available = machineBytes * usableShare
  if (plan.memoryBytes <= available) return { fits: true }
  return { fits: false, offer: fittingBatch(plan.sizes, batchSize, available) }
}

function sameWork(config: RunConfig, sizes: VitSizes, { record }: RunSummary): boolean {
  const known = { ...record.sizes, numClasses: sizes.numClasses }
  return (
    record.config.train.precision === config.train.precision &&
    record.config.train.batchSize === config.train.batchSize &&
    Object.entries(sizes).every(([name, value]) =>
      Object.entries(known).some(([key, had]) => key === name && had === value),
    )
  )
}

/**
 * How long all epochs take at the pace of the newest earlier run of the same model, batch and precision;
 * null without such a run. Runs that were resumed don't count, because their last epoch may be a part of one.
 */
export function expectedTime(
  config: RunConfig,
  plan: TrainWork,
  facts: DatasetFacts | null,
  runs: readonly RunSummary[],
): { seconds: number; like: RunSummary } | null {
  if (facts === null || plan.steps === null || plan.stepsPerEpoch === null) return null
  const like = runs.find(
    (run) => run.record.resumedAt === undefined && run.lastEpoch !== null && sameWork(config, plan.sizes, run),
  )
  if (like?.lastEpoch == null) return null
  const secondsPerImage = like.lastEpoch.seconds / (like.record.dataset.trainCount + like.record.dataset.valCount)
  const epochs = plan.steps / plan.stepsPerEpoch
  return { seconds: secondsPerImage * (facts.trainCount + facts.valCount) * epochs, like }
}
