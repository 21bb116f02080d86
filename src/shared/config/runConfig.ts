import { z } from 'zod'
import { dataSchema } from './dataConfig'
import { modelSchema, modelSizes, type ModelConfig, type VitSizes } from './modelConfig'
import { trainSchema } from './trainConfig'

/** One schema for the form, the configuration file and the command line. Unknown keys are errors. */

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
  if (issue.code === 'invalid_type') return issue.expected === 'int' ? issue.message : `must be a ${issue.expected}`
  if (issue.code === 'invalid_value') {
    return issue.message.startsWith('Invalid') ? `must be one of ${issue.values.map(String).join(', ')}` : issue.message
  }
  return issue.message
}

/** Checks the form of a configuration; what depends on the dataset is `checkAgainstDataset`'s. */
export function parseRunConfig(value: unknown): ParsedConfig {
  const parsed = runConfigSchema.safeParse(value, { reportInput: true })
  if (!parsed.success) return { ok: false, problems: problemsOf(parsed.error) }
  const problems = [...checkModel(parsed.data.model), ...checkPatches(parsed.data)]
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
  if (model.positions === 'sinusoidal' && embedDim % 4 !== 0) {
    problems.push({
      field: 'model.positions',
      message: `need a width that is a multiple of 4, and ${embedDim} is none`,
    })
  }
  return problems
}

function patchProblem(imageSize: number, patchSize: number): ConfigProblem[] {
  const message = `must divide the image: ${imageSize} px is not a multiple of ${patchSize} px`
  return imageSize % patchSize === 0 ? [] : [{ field: 'model.patchSize', message }]
}

/** Whether patches cover an image whose size the configuration gives itself. */
function checkPatches({ data, model }: RunConfig): ConfigProblem[] {
  const { patchSize } = modelSizes(model)
  return data.imageSize === undefined || patchSize === 0 ? [] : patchProblem(data.imageSize, patchSize)
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
    channels: config.data.colour === 'grey' ? 1 : 3,
    numClasses: dataset.numClasses,
  }
}

/** Problems that only show once the dataset is known. */
export function checkAgainstDataset(config: RunConfig, dataset: DatasetFacts): ConfigProblem[] {
  const sizes = vitSizes(config, dataset)
  const problems = patchProblem(sizes.imageSize, sizes.patchSize)
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
