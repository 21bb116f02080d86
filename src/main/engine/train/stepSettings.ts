import type { VitSizes } from '@shared/config/modelConfig'
import type { TrainConfig } from '@shared/config/trainConfig'
import { plainPlan, type AugmentPlan } from '../data/augment/plan'

/** What a training or evaluation step is made for; all of it is fixed when the step is traced. */
export interface StepSettings extends Pick<
  TrainConfig,
  'labelSmoothing' | 'clipGradNorm' | 'optimizer' | 'gradAccumulation' | 'ema' | 'freeze' | 'frozenBlocks'
> {
  sizes: VitSizes
  batchSize: number
  /** Side of the dataset's records, in pixels. */
  recordSide: number
  normalize: { mean: readonly number[]; std: readonly number[] }
  /** How training images are augmented; evaluations take them as they are. */
  augment: AugmentPlan
  /** Whether batches may come with a `BatchMix`. */
  mixes: boolean
  /** Factor of each class in the loss; null for 1 everywhere. */
  classWeights: readonly number[] | null
}

/** What a step must know besides the training options. */
export interface StepFacts extends Pick<StepSettings, 'sizes' | 'recordSide' | 'normalize'> {
  /** Training images of each class, for balanced class weights. */
  classCounts: readonly number[]
  /** None where it is left out. */
  augment?: AugmentPlan
}

/**
 * N / (K · n) for each class with n of the N training images: classes count alike in the loss. A class
 * without images has no loss that could be weighted; it gets 0.
 */
export function balancedClassWeights(counts: readonly number[]): number[] {
  const images = counts.reduce((sum, count) => sum + count, 0)
  return counts.map((count) => (count === 0 ? 0 : images / (counts.length * count)))
}

export function stepSettings(train: TrainConfig, facts: StepFacts): StepSettings {
  const { sizes, recordSide, normalize, classCounts, augment = plainPlan } = facts
  return {
    sizes,
    batchSize: train.batchSize,
    recordSide,
    normalize,
    augment,
    labelSmoothing: train.labelSmoothing,
    clipGradNorm: train.clipGradNorm,
    optimizer: train.optimizer,
    gradAccumulation: train.gradAccumulation,
    ema: train.ema,
    freeze: train.freeze,
    frozenBlocks: train.frozenBlocks,
    mixes: train.mix.mixupAlpha > 0 || train.mix.cutmixAlpha > 0,
    classWeights: train.classWeights === 'balanced' ? balancedClassWeights(classCounts) : null,
  }
}
