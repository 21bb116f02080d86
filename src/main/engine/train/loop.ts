import { setImmediate as turn } from 'node:timers/promises'
import type { RunConfig } from '@shared/config/runConfig'
import type { CheckpointName, EpochMetrics, MetricLine } from '@shared/contract/records'
import { VitrineError } from '@shared/errors'
import { SeededRandom } from '@shared/random'
import { learningRates } from '@shared/schedule'
import type { BatchLoader } from '../data/loader'
import type { JobContext } from '../job'
import { BestEpoch } from './earlyStopping'
import { Pace } from './pace'
import type { Trainer } from './trainer'

export interface LoopParts {
  config: RunConfig
  trainer: Trainer
  training: BatchLoader
  /** Null where the dataset has no validation images. */
  validation: BatchLoader | null
  context: JobContext
  /** Writes metrics before they are reported. */
  record: (lines: MetricLine[]) => Promise<void>
  save: (names: readonly CheckpointName[], position: { epoch: number; step: number }) => Promise<void>
  /** Called after each epoch with the best one so far. */
  epochEnded: (best: BestEpoch['best']) => Promise<void>
}

export interface LoopEnd {
  status: 'finished' | 'stopped'
  reason: string | null
}

/** Sums over the batches of an epoch or a validation. */
class Tally {
  private lossSum = 0
  private correct = 0
  private images = 0

  add(lossSum: number, correct: number, images: number) {
    this.lossSum += lossSum
    this.correct += correct
    this.images += images
  }

  get loss() {
    return this.lossSum / this.images
  }

  get accuracy() {
    return this.correct / this.images
  }
}

function throwIfCancelled({ cancelled }: JobContext) {
  if (cancelled.aborted) throw new VitrineError('cancelled', 'The run was cancelled.')
}

function checkFinite(loss: number, gradNorm: number, step: number) {
  if (Number.isFinite(loss) && Number.isFinite(gradNorm)) return
  const what = Number.isFinite(loss) ? 'gradient' : 'loss'
  throw new VitrineError(
    'not-finite',
    `The ${what} stopped being a finite number at step ${step}: a lower learning rate, a longer warm-up or gradient clipping usually helps. The last checkpoint is kept.`,
  )
}

/** Every validation image once, without dropout or augmentation. */
async function validate({ trainer, validation, context }: LoopParts): Promise<Tally | null> {
  if (validation === null) return null
  const tally = new Tally()
  for await (const batch of validation.epoch(0)) {
    const { lossSum, correct } = trainer.evaluate(batch)
    tally.add(lossSum, correct, batch.count)
    await turn()
    throwIfCancelled(context)
  }
  return tally
}

/** Epochs of steps, each followed by validation and checkpoints, until something ends it. */
export class TrainingLoop {
  private readonly pace = new Pace()
  private readonly best: BestEpoch
  private readonly rates: number[]
  private readonly totalSteps: number
  private step = 0

  constructor(private readonly parts: LoopParts) {
    const { train } = parts.config
    this.best = new BestEpoch(train.earlyStopping?.monitor ?? 'val_loss')
    this.rates = learningRates(train.schedule, train.optimizer.lr, train.epochs)
    const planned = train.epochs * parts.training.batchesPerEpoch
    this.totalSteps = Math.min(planned, train.maxSteps ?? planned)
  }

  async run(): Promise<LoopEnd> {
    const { config, context, save, epochEnded } = this.parts
    const { epochs, earlyStopping } = config.train
    for (let epoch = 1; epoch <= epochs; epoch++) {
      const started = performance.now()
      const tally = await this.trainEpoch(epoch)
      if (context.stopRequested() && this.step < this.totalSteps) {
        await save(['last'], { epoch: epoch - 1, step: this.step })
        return { status: 'stopped', reason: `Stopped by you in epoch ${epoch}.` }
      }
      const metrics = await this.finishEpoch(epoch, tally, started)
      const isBest = this.best.see(metrics)
      await save(isBest ? ['best', 'last'] : ['last'], { epoch, step: this.step })
      await epochEnded(this.best.best)
      if (this.step >= this.totalSteps) break
      if (earlyStopping !== null && this.best.isExhausted(earlyStopping.patience)) {
        return { status: 'finished', reason: `Stopped early: ${earlyStopping.patience} epochs without improvement.` }
      }
    }
    return { status: 'finished', reason: null }
  }

  private rate(epoch: number): number {
    const rate = this.rates[epoch - 1]
    if (rate === undefined) throw new Error(`the schedule has no epoch ${epoch}`)
    return rate
  }

  private async trainEpoch(epoch: number): Promise<Tally> {
    const { config, trainer, training, context, record } = this.parts
    const tally = new Tally()
    const lr = this.rate(epoch)
    let started = performance.now()
    for await (const batch of training.epoch(epoch)) {
      const step = ++this.step
      const seed = SeededRandom.stream(config.seed, 'dropout', step).uint32() | 0
      const { loss, correct, gradNorm } = trainer.step(batch, lr, step, seed)
      checkFinite(loss, gradNorm, step)
      tally.add(loss * batch.count, correct, batch.count)
      const seconds = (performance.now() - started) / 1000
      this.pace.sawStep(seconds)
      await record([{ type: 'step', step, epoch, loss, lr, gradNorm, imagesPerSecond: batch.count / seconds }])
      this.report(`Epoch ${epoch} of ${config.train.epochs}`, epoch)
      started = performance.now()
      // A turn of the event loop, so that a signal to stop can arrive between the blocking steps.
      await turn()
      throwIfCancelled(context)
      if (context.stopRequested() || step >= this.totalSteps) break
    }
    return tally
  }

  private async finishEpoch(epoch: number, tally: Tally, started: number): Promise<EpochMetrics> {
    this.report(`Validating epoch ${epoch} of ${this.parts.config.train.epochs}`, epoch)
    const validationStarted = performance.now()
    const validation = await validate(this.parts)
    this.pace.sawValidation((performance.now() - validationStarted) / 1000)
    const metrics: EpochMetrics = {
      type: 'epoch',
      epoch,
      lr: this.rate(epoch),
      train_loss: tally.loss,
      train_acc: tally.accuracy,
      val_loss: validation?.loss ?? null,
      val_acc: validation?.accuracy ?? null,
      seconds: (performance.now() - started) / 1000,
    }
    await this.parts.record([metrics])
    return metrics
  }

  private report(stage: string, epoch: number) {
    const validationsLeft = this.parts.config.train.epochs - epoch + 1
    this.parts.context.emit({
      type: 'progress',
      progress: {
        stage,
        done: this.step,
        total: this.totalSteps,
        secondsLeft: this.pace.secondsLeft(this.totalSteps - this.step, validationsLeft),
      },
    })
  }
}
