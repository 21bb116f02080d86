import { setImmediate as turn } from 'node:timers/promises'
import type { RunConfig } from '@shared/config/runConfig'
import type { EpochMetrics, MetricLine, RunRecord, WeightGroup } from '@shared/contract/records'
import { VitrineError } from '@shared/errors'
import { SeededRandom } from '@shared/random'
import { positionWords } from '@shared/trainingPosition'
import type { Batch, BatchLoader } from '../data/loader'
import type { JobContext } from '../job'
import type { KeptAs } from './checkpoints'
import { BestEpoch } from './earlyStopping'
import { epochMetrics } from './epochMetrics'
import { drawMix } from './mix'
import { Pace } from './pace'
import { SaveClock } from './saveClock'
import { stepBatches } from './stepBatches'
import type { StepBatch, Trainer, WeightSet } from './trainer'
import { emptyTally, type EpochTally, type TrainingState } from './trainingState'
import { ValidationTally, type ValidationFigures } from './validation'
import { updateRatios, weightNorm } from './weightStatistics'

export interface LoopParts {
  config: RunConfig
  /** Side of the model's input, in pixels. */
  imageSize: number
  classes: number
  trainer: Trainer
  training: BatchLoader
  /** Null where the dataset has no validation images. */
  validation: BatchLoader | null
  /** The learning rate of a step. @param epoch from 1 @param stepInEpoch from 0 */
  learningRate: (epoch: number, stepInEpoch: number) => number
  context: JobContext
  /** Where the run stands: its start, or where a resumed one was left. */
  state: TrainingState
  /** Longest time within an epoch without a save. */
  saveEverySeconds: number
  /** Writes metrics before they are reported. */
  record: (lines: MetricLine[]) => Promise<void>
  save: (state: TrainingState, keptAs: KeptAs) => Promise<void>
  /** Called after each epoch with the best one so far. */
  epochEnded: (best: RunRecord['best']) => Promise<void>
  /** What to throw for a step whose loss or gradient is not finite. */
  notFinite: (batches: readonly StepBatch[], step: number, epoch: number) => Error
}

export interface LoopEnd {
  status: 'finished' | 'stopped' | 'paused'
  reason: string | null
}

/** Steps of a whole epoch; the last one may have fewer batches. */
export function stepsPerEpoch(batchesPerEpoch: number, gradAccumulation: number): number {
  return Math.ceil(batchesPerEpoch / gradAccumulation)
}

function throwIfCancelled({ cancelled }: JobContext) {
  if (cancelled.aborted) throw new VitrineError('cancelled', 'The run was cancelled.')
}

/** Epochs of steps, each followed by validation and checkpoints, until something ends it. */
export class TrainingLoop {
  private readonly pace = new Pace()
  private readonly best: BestEpoch
  private readonly saveClock: SaveClock
  private readonly stepsPerEpoch: number
  private readonly totalSteps: number
  private readonly startedAt = performance.now()
  private epoch: number
  private stepInEpoch: number
  private step: number
  private tally: EpochTally
  /** Norm of the weights and their change in the last step of an epoch. */
  private lastUpdate: { norm: number; ratios: Partial<Record<WeightGroup, number>> } | null = null

  constructor(private readonly parts: LoopParts) {
    const { config, state, training } = parts
    const { epochs, maxSteps, earlyStopping, gradAccumulation } = config.train
    this.best = new BestEpoch(earlyStopping?.monitor ?? 'val_loss', earlyStopping?.minDelta ?? 0, state.bestEpoch)
    this.saveClock = new SaveClock(parts.saveEverySeconds, this.startedAt)
    this.stepsPerEpoch = stepsPerEpoch(training.batchesPerEpoch, gradAccumulation)
    this.totalSteps = Math.min(epochs * this.stepsPerEpoch, maxSteps ?? Infinity)
    this.epoch = state.epoch
    this.stepInEpoch = state.stepInEpoch
    this.step = state.step
    this.tally = state.tally
  }

  async run(): Promise<LoopEnd> {
    const { epochs } = this.parts.config.train
    while (this.epoch <= epochs) {
      const exhausted = this.exhausted()
      if (exhausted !== null) return exhausted
      const interruption = await this.trainEpoch()
      if (interruption !== null) {
        await this.save({ best: false, epoch: null })
        return interruption
      }
      await this.finishEpoch()
      if (this.step >= this.totalSteps) break
    }
    return { status: 'finished', reason: null }
  }

  private exhausted(): LoopEnd | null {
    const { earlyStopping } = this.parts.config.train
    if (earlyStopping === null || !this.best.isExhausted(earlyStopping.patience)) return null
    const epochs = earlyStopping.patience === 1 ? '1 epoch' : `${earlyStopping.patience} epochs`
    return { status: 'finished', reason: `Stopped early: ${epochs} without improvement.` }
  }

  /** The steps that the epoch still lacks; an end where something other than the last step ended them. */
  private async trainEpoch(): Promise<LoopEnd | null> {
    const { config, training } = this.parts
    const { gradAccumulation } = config.train
    if (this.step >= this.totalSteps) return null
    const fromBatch = this.stepInEpoch * gradAccumulation
    let stepStarted = performance.now()
    for await (const batches of stepBatches(training.epoch(this.epoch, { fromBatch }), gradAccumulation)) {
      await this.makeStep(batches, stepStarted)
      // A turn of the event loop, so that a signal to stop can arrive between the blocking steps.
      await turn()
      throwIfCancelled(this.parts.context)
      if (this.step >= this.totalSteps) return null
      const interruption = this.interruption()
      if (interruption !== null) return interruption
      if (this.stepInEpoch < this.stepsPerEpoch && this.saveClock.isDue(performance.now())) {
        await this.save({ best: false, epoch: null })
      }
      stepStarted = performance.now()
    }
    return null
  }

  private async makeStep(batches: readonly Batch[], startedAt: number) {
    const { config, trainer, learningRate, record, notFinite } = this.parts
    const step = this.step + 1
    const lr = learningRate(this.epoch, this.stepInEpoch)
    const inputs = batches.map((batch, index) => this.stepBatch(batch, step, index))
    const isLast = step === this.totalSteps || this.stepInEpoch + 1 === this.stepsPerEpoch
    const readingStarted = performance.now()
    const before = isLast ? trainer.weights() : null
    const readingMs = performance.now() - readingStarted
    const { loss, correct, gradNorm, applied } = trainer.step(inputs, lr, step)
    if (!applied) throw notFinite(inputs, step, this.epoch)
    const seconds = (performance.now() - startedAt - readingMs) / 1000
    const images = batches.reduce((sum, { count }) => sum + count, 0)
    this.countStep({ lossSum: loss * images, correct, images, gradNormSum: gradNorm, steps: 1, seconds })
    if (before !== null) {
      const after = trainer.weights()
      this.lastUpdate = { norm: weightNorm(after), ratios: updateRatios(before, after) }
    }
    await record([{ type: 'step', step, epoch: this.epoch, loss, lr, gradNorm, imagesPerSecond: images / seconds }])
    this.report(`Epoch ${this.epoch} of ${config.train.epochs}`)
  }

  /** Mixing and dropout are drawn from the batch's own streams, so that a resumed run draws the same. */
  private stepBatch(batch: Batch, step: number, index: number): StepBatch {
    const { config, imageSize } = this.parts
    const mix = drawMix(config.train.mix, this.epoch, SeededRandom.stream(config.seed, 'mix', step, index), imageSize)
    return { batch, mix, seed: SeededRandom.stream(config.seed, 'dropout', step, index).uint32() | 0 }
  }

  private countStep(step: EpochTally) {
    this.step++
    this.stepInEpoch++
    this.pace.sawStep(step.seconds)
    const { tally } = this
    this.tally = {
      lossSum: tally.lossSum + step.lossSum,
      correct: tally.correct + step.correct,
      images: tally.images + step.images,
      gradNormSum: tally.gradNormSum + step.gradNormSum,
      steps: tally.steps + step.steps,
      seconds: tally.seconds + step.seconds,
    }
  }

  /** What ends the run between two steps: the user, or the time that it was given. */
  private interruption(): LoopEnd | null {
    const { config, context } = this.parts
    const at = `at ${positionWords({ epoch: this.epoch - 1, stepInEpoch: this.stepInEpoch })}`
    if (context.pauseRequested?.() === true) return { status: 'paused', reason: `Paused ${at}.` }
    if (context.stopRequested()) return { status: 'stopped', reason: `Stopped by you ${at}.` }
    const minutes = config.train.timeBudgetMinutes
    if (minutes === null || this.trainedSeconds() < minutes * 60) return null
    return { status: 'stopped', reason: `Stopped ${at}, because its ${minutes} minutes of training are over.` }
  }

  private trainedSeconds(): number {
    return this.parts.state.trainedSeconds + (performance.now() - this.startedAt) / 1000
  }

  private async finishEpoch() {
    const { epochEnded, record } = this.parts
    const metrics = await this.measureEpoch()
    await record([metrics])
    const isBest = this.best.see(metrics)
    const finished = this.epoch
    // An epoch that `maxSteps` cut short goes on where it was when the run is given more steps.
    if (this.stepInEpoch >= this.stepsPerEpoch) {
      this.epoch++
      this.stepInEpoch = 0
      this.tally = emptyTally
    }
    await this.save({ best: isBest, epoch: finished })
    await epochEnded(this.best.best)
  }

  private async measureEpoch(): Promise<EpochMetrics> {
    const { config, learningRate, trainer } = this.parts
    this.report(`Validating epoch ${this.epoch} of ${config.train.epochs}`)
    const started = performance.now()
    const validation = await this.validate('raw')
    const averageValidation = config.train.ema === null ? null : await this.validate('average')
    const validationSeconds = (performance.now() - started) / 1000
    this.pace.sawValidation(validationSeconds)
    return epochMetrics({
      epoch: this.epoch,
      learningRate: learningRate(this.epoch, Math.max(0, this.stepInEpoch - 1)),
      tally: this.tally,
      validation,
      averageValidation,
      validationSeconds,
      weightNorm: this.lastUpdate?.norm ?? weightNorm(trainer.weights()),
      updateRatio: this.lastUpdate?.ratios ?? null,
    })
  }

  /** Every validation image once, without dropout or augmentation. */
  private async validate(weights: WeightSet): Promise<ValidationFigures | null> {
    const { trainer, validation, classes, context } = this.parts
    if (validation === null) return null
    const tally = new ValidationTally(classes)
    for await (const batch of validation.epoch(0)) {
      tally.add(trainer.evaluate(batch, weights), batch)
      await turn()
      throwIfCancelled(context)
    }
    const figures = tally.figures()
    if (Number.isFinite(figures.loss)) return figures
    throw new VitrineError(
      'not-finite',
      `The validation loss of epoch ${this.epoch} is not a finite number, though the training loss still was: the weights have grown too large. A lower learning rate or gradient clipping usually helps.`,
    )
  }

  private async save(keptAs: KeptAs) {
    const started = performance.now()
    const { epoch, stepInEpoch, step, tally } = this
    const bestEpoch = this.best.state
    const trainedSeconds = this.trainedSeconds()
    await this.parts.save({ format: 1, epoch, stepInEpoch, step, tally, bestEpoch, trainedSeconds }, keptAs)
    this.saveClock.saved(started, performance.now())
  }

  private report(stage: string) {
    const { config, context } = this.parts
    const { epochs, timeBudgetMinutes } = config.train
    const byPace = this.pace.secondsLeft(this.totalSteps - this.step, epochs - this.epoch + 1)
    const ofBudget = timeBudgetMinutes === null ? Infinity : timeBudgetMinutes * 60 - this.trainedSeconds()
    context.emit({
      type: 'progress',
      progress: {
        stage,
        done: this.step,
        total: this.totalSteps,
        secondsLeft: byPace === null ? null : Math.max(0, Math.min(byPace, ofBudget)),
      },
    })
  }
}
