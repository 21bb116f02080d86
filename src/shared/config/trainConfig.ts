import { z } from 'zod'
import { countFromZero, fraction, notNegative, positive, positiveInt, share } from './settingTypes'

const optimizerNames = ['adamw', 'adam', 'sgd', 'lamb'] as const

/** What people call them. */
export const optimizerWords: Record<(typeof optimizerNames)[number], string> = {
  adamw: 'AdamW',
  adam: 'Adam',
  sgd: 'SGD',
  lamb: 'LAMB',
}

const optimizerSchema = z.strictObject({
  name: z.enum(optimizerNames).default('adamw'),
  lr: positive.default(1e-4),
  /** Of AdamW, Adam and LAMB. */
  betas: z.tuple([fraction, fraction]).default([0.9, 0.999]),
  eps: positive.default(1e-8),
  /** Of SGD. */
  momentum: fraction.default(0.9),
  nesterov: z.boolean().default(true),
  weightDecay: notNegative.default(0.05),
  decayNormAndBias: z.boolean().default(true),
  /** Whether weight decay acts on class token, register tokens and positions. */
  decayTokens: z.boolean().default(true),
  /** Each layer's rate is this times the rate of the layer above it; 1 for none. */
  layerDecay: z.number().positive('must be above 0').max(1, 'must be at most 1').default(1),
})

export const scheduleNames = ['chained-warmup-cosine', 'warmup-cosine', 'linear', 'step', 'constant'] as const

const scheduleSchema = z.strictObject({
  name: z.enum(scheduleNames).default('chained-warmup-cosine'),
  /** Whether the rate changes with every epoch or with every step. */
  interval: z.enum(['epoch', 'step']).default('epoch'),
  warmupEpochs: countFromZero.default(4),
  warmupStartLr: positive.default(1e-6),
  minLr: notNegative.default(1e-7),
  /** Of `step`: the rate is multiplied by `gamma` after every `stepEpochs` epochs. */
  stepEpochs: positiveInt.default(30),
  gamma: z.number().positive('must be above 0').max(1, 'must be at most 1').default(0.1),
})

export const monitors = ['val_loss', 'val_acc', 'val_top5', 'val_balanced_acc'] as const
export type Monitor = (typeof monitors)[number]

/** Monitors for which less is better. */
export function isLossMonitor(monitor: Monitor): boolean {
  return monitor === 'val_loss'
}

const earlyStoppingSchema = z.strictObject({
  monitor: z.enum(monitors).default('val_loss'),
  patience: positiveInt.default(5),
  /** A change smaller than this is no improvement. */
  minDelta: notNegative.default(0),
})

/** Mixup (Zhang et al., 2017) and cutmix (Yun et al., 2019), batch by batch as in timm. */
const mixSchema = z.strictObject({
  /** α of the Beta distribution that the share is drawn from; 0 for no mixup. */
  mixupAlpha: notNegative.default(0),
  cutmixAlpha: notNegative.default(0),
  /** Chance that a batch is mixed at all. */
  probability: share.default(1),
  /** With both on: chance that a batch gets cutmix instead of mixup. */
  switchProbability: share.default(0.5),
  /** From this epoch on nothing is mixed; null for never. */
  offEpoch: positiveInt.nullable().default(null),
})

const checkpointsSchema = z.strictObject({
  /** How many of the newest epochs are kept, the last one included. */
  keepLast: positiveInt.default(1),
  /** Every how many epochs a snapshot is kept for good; null for none. */
  everyEpochs: positiveInt.nullable().default(null),
})

export const freezeChoices = ['none', 'all-but-head', 'first-blocks'] as const

export const trainSchema = z.strictObject({
  epochs: positiveInt.default(40),
  batchSize: positiveInt.default(256),
  precision: z.enum(['fp32', 'bf16']).default('fp32'),
  maxSteps: positiveInt.nullable().default(null),
  /** The run ends in good order after this many minutes of training; null for no limit. */
  timeBudgetMinutes: positive.nullable().default(null),
  optimizer: optimizerSchema.prefault({}),
  schedule: scheduleSchema.prefault({}),
  labelSmoothing: fraction.default(0),
  mix: mixSchema.prefault({}),
  /** `balanced`: a class's loss counts in inverse proportion to its number of training images. */
  classWeights: z.enum(['none', 'balanced']).default('none'),
  clipGradNorm: positive.nullable().default(null),
  /** Batches whose gradients are averaged before each step of the optimizer. */
  gradAccumulation: positiveInt.default(1),
  /** Moving average of the weights, which is evaluated and saved beside them; null for none. */
  ema: z
    .strictObject({ decay: fraction.default(0.9999) })
    .nullable()
    .default(null),
  freeze: z.enum(freezeChoices).default('none'),
  /** Of `first-blocks`: how many; the patch embedding, tokens and positions are frozen with them. */
  frozenBlocks: countFromZero.default(0),
  earlyStopping: earlyStoppingSchema.nullable().default(null),
  checkpoints: checkpointsSchema.prefault({}),
})

export type TrainConfig = z.output<typeof trainSchema>
export type ScheduleConfig = TrainConfig['schedule']
export type OptimizerConfig = TrainConfig['optimizer']
export type MixConfig = TrainConfig['mix']
