import type { z } from 'zod'
import { vitSizesSchema } from './config/modelConfig'
import { runConfigSchema, vitSizes } from './config/runConfig'
import { runRecordSchema, type RunRecord } from './contract/records'
import { normalizationFor } from './greyscale'
import { parseJson } from './json'

/** What a record's folder tells where the record doesn't. */
export interface RecordPlace {
  /** The folder's name. */
  id: string
  /** When the file was written last. */
  writtenAt: string
}

export type ParsedRunRecord =
  | {
      ok: true
      record: RunRecord
      /** Dotted paths of settings that this version doesn't know. */
      unknownSettings: string[]
    }
  /** A clause about the file: "is torn". */
  | { ok: false; problem: string }

/**
 * Reads `run.json`. Records of earlier versions have fewer fields: what is absent gets its default, and
 * what follows from the configuration is worked out again. A field of the wrong type is damage.
 */
export function parseRunRecord(text: string, place: RecordPlace): ParsedRunRecord {
  if (text.trim() === '') return { ok: false, problem: 'is empty' }
  const value = parseJson(text)
  if (value === undefined) return { ok: false, problem: 'is torn: it ends in the middle, or is no JSON' }
  const current = runRecordSchema.safeParse(value)
  if (current.success) return { ok: true, record: current.data, unknownSettings: [] }
  const unknownSettings = takeOutUnknown(value)
  const early = earlyRecordSchema.safeParse(value)
  return early.success
    ? { ok: true, record: completed(early.data, place), unknownSettings }
    : { ok: false, problem: problemClause(early.error) }
}

const earlyDatasetSchema = runRecordSchema.shape.dataset.partial()

const earlyRecordSchema = runRecordSchema.partial().extend({
  config: runConfigSchema,
  dataset: earlyDatasetSchema.optional(),
  /** They follow from the configuration, so whatever is there may be replaced. */
  sizes: vitSizesSchema.optional().catch(undefined),
})

function completed(early: z.output<typeof earlyRecordSchema>, { id, writtenAt }: RecordPlace): RunRecord {
  const { config } = early
  const dataset = completedDataset(early)
  const imagesPerStep = config.train.batchSize * config.train.gradAccumulation
  const status = early.status ?? (early.endedAt ? 'finished' : 'interrupted')
  return {
    format: 1,
    id: early.id ?? id,
    name: early.name ?? config.name,
    createdAt: early.createdAt ?? early.endedAt ?? writtenAt,
    endedAt: early.endedAt ?? (status === 'running' ? null : writtenAt),
    status,
    reason:
      early.reason ?? (early.status === undefined ? 'An early version trained it and did not write its end.' : null),
    config,
    sizes:
      early.sizes ??
      vitSizes(config, { imageSize: config.data.imageSize ?? 224, numClasses: Math.max(1, dataset.classes.length) }),
    dataset,
    parameters: early.parameters ?? 0,
    stepsPerEpoch: early.stepsPerEpoch ?? Math.max(1, Math.ceil(dataset.trainCount / imagesPerStep)),
    versions: early.versions ?? {},
    device: early.device ?? 'not written',
    processId: early.processId ?? 0,
    ...(early.resumedAt === undefined ? {} : { resumedAt: early.resumedAt }),
    ...(early.earlierSeconds === undefined ? {} : { earlierSeconds: early.earlierSeconds }),
    best: early.best ?? null,
  }
}

function completedDataset({ config, dataset }: z.output<typeof earlyRecordSchema>): RunRecord['dataset'] {
  const { normalize, colour } = config.data
  const half = [0.5, 0.5, 0.5]
  const given = normalizationFor(colour === 'grey' ? 1 : 3, {
    mean: dataset?.mean ?? normalize?.mean ?? half,
    std: dataset?.std ?? normalize?.std ?? half,
  })
  return {
    name: dataset?.name ?? config.data.dataset,
    classes: dataset?.classes ?? [],
    trainCount: dataset?.trainCount ?? 0,
    valCount: dataset?.valCount ?? 0,
    ...given,
    ...(dataset?.corrections === undefined ? {} : { corrections: dataset.corrections }),
  }
}

function isBranch(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Takes settings out of the configuration, in place, that the schema doesn't know; returns their paths. */
function takeOutUnknown(value: unknown): string[] {
  if (!isBranch(value)) return []
  const parsed = runConfigSchema.safeParse(value['config'])
  if (parsed.success) return []
  return parsed.error.issues.flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys') return []
    const branch = issue.path.reduce<unknown>(
      (at, key) => (isBranch(at) ? at[String(key)] : undefined),
      value['config'],
    )
    if (!isBranch(branch)) return []
    for (const key of issue.keys) Reflect.deleteProperty(branch, key)
    return issue.keys.map((key) => [...issue.path.map(String), key].join('.'))
  })
}

function problemClause(error: z.ZodError): string {
  const [issue] = error.issues
  const field = issue?.path.map(String).join('.') ?? ''
  if (field === '') return 'does not hold a run'
  if (field === 'format') return 'has a format that this version of Vitrine does not know'
  return issue?.code === 'invalid_type' && issue.input === undefined && issue.message.includes('undefined')
    ? `lacks “${field}”`
    : `has a wrong “${field}”`
}
