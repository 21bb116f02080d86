import type { EpochMetrics, WeightGroup } from '@shared/contract/records'
import type { EpochTally } from './trainingState'
import type { ValidationFigures } from './validation'

export interface EpochFigures {
  epoch: number
  /** Of the epoch's last step. */
  learningRate: number
  tally: EpochTally
  /** Null without validation images. */
  validation: ValidationFigures | null
  /** With the average of the weights; null where the run keeps none. */
  averageValidation: ValidationFigures | null
  validationSeconds: number
  weightNorm: number
  /** Null where the last step was made before a resume. */
  updateRatio: Partial<Record<WeightGroup, number>> | null
}

/** An epoch's line of `metrics.jsonl`. */
export function epochMetrics(figures: EpochFigures): EpochMetrics {
  const { epoch, tally, validation, averageValidation } = figures
  return {
    type: 'epoch',
    epoch,
    lr: figures.learningRate,
    train_loss: tally.lossSum / tally.images,
    train_acc: tally.correct / tally.images,
    val_loss: validation?.loss ?? null,
    val_acc: validation?.accuracy ?? null,
    seconds: tally.seconds + figures.validationSeconds,
    ...(validation === null
      ? {}
      : {
          val_top5: validation.top5,
          val_balanced_acc: validation.balancedAccuracy,
          val_class_acc: validation.classAccuracies,
        }),
    ...(averageValidation === null
      ? {}
      : {
          ema_val_loss: averageValidation.loss,
          ema_val_acc: averageValidation.accuracy,
          ema_val_top5: averageValidation.top5,
          ema_val_balanced_acc: averageValidation.balancedAccuracy,
        }),
    gradNorm: tally.gradNormSum / tally.steps,
    weightNorm: figures.weightNorm,
    ...(figures.updateRatio === null ? {} : { updateRatio: figures.updateRatio }),
    imagesPerSecond: tally.images / tally.seconds,
    memoryBytes: process.memoryUsage.rss(),
  }
}
