import { z } from 'zod'
import { isPresetName, presetNames, presetSizes } from './modelPresets'

/** One schema for the form, the configuration file and the command line. Unknown keys are errors. */

const positiveInt = z.int('must be a whole number').positive('must be at least 1')
const fraction = z.number().min(0, 'must be between 0 and 1').lt(1, 'must be below 1')

export const augmentPresets = ['none', 'light'] as const

const dataSchema = z.strictObject({
  dataset: z.string().min(1, 'choose a dataset'),
  imageSize: positiveInt.optional(),
  augment: z.enum(augmentPresets).default('light'),
  shuffle: z.boolean().default(true),
  normalize: z
    .strictObject({
      mean: z.array(z.number()).length(3, 'needs three numbers, one for each channel'),
      std: z.array(z.number().positive('must be above 0')).length(3, 'needs three numbers, one for each channel'),
    })
    .optional(),
})

const modelSchema = z.strictObject({
  preset: z
    .string()
    .refine(isPresetName, { error: `must be one of ${presetNames.join(', ')}` })
    .optional(),
  patchSize: positiveInt.optional(),
  embedDim: positiveInt.optional(),
  depth: positiveInt.optional(),
  numHeads: positiveInt.optional(),
  mlpRatio: z.number().positive('must be above 0').optional(),
  dropout: fraction.default(0),
  attentionDropout: fraction.default(0),
  dropPath: fraction.default(0),
})

const optimizerSchema = z.strictObject({
  name: z.literal('adamw').default('adamw'),
  lr: z.number().positive('must be above 0').default(1e-4),
  betas: z.tuple([fraction, fraction]).default([0.9, 0.999]),
  eps: z.number().positive('must be above 0').default(1e-8),
  weightDecay: z.number().min(0, 'must not be negative').default(0.05),
  decayNormAndBias: z.boolean().default(true),
})

const scheduleSchema = z.strictObject({
  name: z.enum(['chained-warmup-cosine', 'warmup-cosine', 'constant']).default('chained-warmup-cosine'),
  warmupEpochs: z.int('must be a whole number').min(0, 'must not be negative').default(4),
  warmupStartLr: z.number().positive('must be above 0').default(1e-6),
  minLr: z.number().min(0, 'must not be negative').default(1e-7),
})

export const monitors = ['val_loss', 'val_acc'] as const

const earlyStoppingSchema = z.strictObject({
  monitor: z.enum(monitors).default('val_loss'),
  patience: positiveInt.default(5),
})

const trainSchema = z.strictObject({
  epochs: positiveInt.default(40),
  batchSize: positiveInt.default(256),
  precision: z.enum(['fp32', 'bf16']).default('fp32'),
  maxSteps: positiveInt.nullable().default(null),
  optimizer: optimizerSchema.prefault({}),
  schedule: scheduleSchema.prefault({}),
  labelSmoothing: fraction.default(0),
  clipGradNorm: z.number().positive('must be above 0').nullable().default(null),
  gradAccumulation: z.literal(1, 'can only be 1 in this version').default(1),
  ema: z.null('can only be null in this version').default(null),
  earlyStopping: earlyStoppingSchema.nullable().default(null),
})

const initSchema = z.strictObject({
  checkpoint: z.string().min(1).nullable().default(null),
  head: z.enum(['new', 'keep']).default('new'),
})

export const runConfigSchema = z.strictObject({
  name: z.string().max(120, 'must be at most 120 characters').default(''),
  seed: z.int('must be a whole number').min(0).max(0xffffffff, 'must be at most 4294967295').default(42),
  data: dataSchema,
  model: modelSchema,
  init: initSchema.prefault({}),
  train: trainSchema.prefault({}),
})

export type RunConfigInput = z.input<typeof runConfigSchema>
export type RunConfig = z.output<typeof runConfigSchema>
export type TrainConfig = RunConfig['train']
export type ScheduleConfig = TrainConfig['schedule']
export type OptimizerConfig = TrainConfig['optimizer']
export type ModelConfig = RunConfig['model']

/** The sizes of one model, all of them known. `imageSize` in pixels, `channels` 3 for RGB. */
export const vitSizesSchema = z.strictObject({
  imageSize: z.int().positive(),
  channels: z.int().positive(),
  patchSize: z.int().positive(),
  embedDim: z.int().positive(),
  depth: z.int().positive(),
  numHeads: z.int().positive(),
  mlpRatio: z.number().positive(),
  numClasses: z.int().positive(),
  dropout: fraction,
  attentionDropout: fraction,
  dropPath: fraction,
})

export type VitSizes = z.output<typeof vitSizesSchema>

/** One thing that is wrong with a configuration, at the dotted path of the setting. */
export interface ConfigProblem {
  field: string
  message: string
}

export type ParsedConfig = { ok: true; config: RunConfig } | { ok: false; problems: ConfigProblem[] }

function joinPath(path: readonly PropertyKey[], key?: string): string {
  return [...path.map(String), ...(key === undefined ? [] : [key])].join('.')
}

function problemsOf(error: z.ZodError): ConfigProblem[] {
  return error.issues.flatMap((issue): ConfigProblem[] => {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({ field: joinPath(issue.path, key), message: 'is not a known setting' }))
    }
    const missing = issue.code === 'invalid_type' && issue.input === undefined
    return [{ field: joinPath(issue.path), message: missing ? 'is missing' : plainMessage(issue) }]
  })
}

function plainMessage(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type') return `must be a ${issue.expected}`
  if (issue.code === 'invalid_value') {
    return issue.message.startsWith('Invalid') ? `must be one of ${issue.values.map(String).join(', ')}` : issue.message
  }
  return issue.message
}

/** Checks the form of a configuration; what depends on the dataset is `checkAgainstDataset`'s. */
export function parseRunConfig(value: unknown): ParsedConfig {
  const parsed = runConfigSchema.safeParse(value, { reportInput: true })
  if (!parsed.success) return { ok: false, problems: problemsOf(parsed.error) }
  const problems = checkModel(parsed.data.model)
  return problems.length > 0 ? { ok: false, problems } : { ok: true, config: parsed.data }
}

/** "train.epochs must be at least 1": one problem as a sentence for the command line. */
export function problemSentence(problem: ConfigProblem): string {
  return problem.field === '' ? `The configuration ${problem.message}.` : `"${problem.field}" ${problem.message}.`
}

const sizeKeys = ['patchSize', 'embedDim', 'depth', 'numHeads'] as const

function checkModel(model: ModelConfig): ConfigProblem[] {
  const problems: ConfigProblem[] = []
  if (model.preset === undefined) {
    for (const key of sizeKeys) {
      if (model[key] === undefined) problems.push({ field: `model.${key}`, message: 'is missing, or name a preset' })
    }
  }
  if (problems.length > 0) return problems
  const { embedDim, numHeads } = modelSizes(model)
  if (embedDim % numHeads !== 0) {
    problems.push({
      field: 'model.numHeads',
      message: `must divide the width: ${embedDim} is not a multiple of ${numHeads} heads`,
    })
  }
  return problems
}

/** The preset's sizes with whatever the configuration sets itself on top. */
export function modelSizes(model: ModelConfig) {
  const preset =
    model.preset === undefined
      ? { patchSize: 0, embedDim: 0, depth: 0, numHeads: 0, mlpRatio: 4 }
      : presetSizes(model.preset)
  return {
    patchSize: model.patchSize ?? preset.patchSize,
    embedDim: model.embedDim ?? preset.embedDim,
    depth: model.depth ?? preset.depth,
    numHeads: model.numHeads ?? preset.numHeads,
    mlpRatio: model.mlpRatio ?? preset.mlpRatio,
    dropout: model.dropout,
    attentionDropout: model.attentionDropout,
    dropPath: model.dropPath,
  }
}

/** What a configuration must know of the dataset that it trains on. */
export interface DatasetFacts {
  imageSize: number
  numClasses: number
  trainCount: number
  valCount: number
}

export function vitSizes(config: RunConfig, dataset: Pick<DatasetFacts, 'imageSize' | 'numClasses'>): VitSizes {
  return {
    ...modelSizes(config.model),
    imageSize: config.data.imageSize ?? dataset.imageSize,
    channels: 3,
    numClasses: dataset.numClasses,
  }
}

/** Problems that only show once the dataset is known. */
export function checkAgainstDataset(config: RunConfig, dataset: DatasetFacts): ConfigProblem[] {
  const problems: ConfigProblem[] = []
  const sizes = vitSizes(config, dataset)
  if (sizes.imageSize % sizes.patchSize !== 0) {
    problems.push({
      field: 'model.patchSize',
      message: `must divide the image: ${sizes.imageSize} px is not a multiple of ${sizes.patchSize} px`,
    })
  }
  if (sizes.imageSize > dataset.imageSize) {
    problems.push({
      field: 'data.imageSize',
      message: `is larger than the prepared images (${dataset.imageSize} px): prepare the dataset at ${sizes.imageSize} px or more`,
    })
  }
  if (dataset.numClasses < 2) {
    problems.push({ field: 'data.dataset', message: 'has only one class: training needs at least two' })
  }
  if (dataset.trainCount < 1) problems.push({ field: 'data.dataset', message: 'has no training images' })
  if (config.train.earlyStopping !== null && dataset.valCount === 0) {
    problems.push({ field: 'train.earlyStopping', message: 'needs validation images, and the dataset has none' })
  }
  if (config.train.schedule.name !== 'constant' && config.train.schedule.warmupEpochs > config.train.epochs) {
    problems.push({
      field: 'train.schedule.warmupEpochs',
      message: `must not exceed the ${config.train.epochs} epochs`,
    })
  }
  return problems
}
