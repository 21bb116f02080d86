import { z } from 'zod'
import { runConfigSchema } from '../config/runConfig'
import { checksumSchema } from '../datasets/catalogue'
import { evaluationRecordSchema, precisionSchema } from './evaluation'
import { inspectRoutes } from './inspectRoutes'
import {
  colourSchema,
  datasetManifestSchema,
  duplicateActions,
  imageRefSchema,
  runRecordSchema,
  splitNames,
  webAddressSchema,
} from './records'

/** What an engine process can be asked to do: every request and answer is parsed with these. */

/** What can be written for other programs and other people. */
const exportSubjectSchema = z.discriminatedUnion('kind', [
  /** One HTML file about a run. */
  z.object({ kind: z.literal('run-report'), runFolder: z.string() }),
  /** One HTML file about the checkpoint in a file and what it does with images. */
  z.object({ kind: z.literal('model-report'), checkpoint: z.string(), images: z.array(imageRefSchema).max(64) }),
  /** A run's numbers as npy and CSV. */
  z.object({ kind: z.literal('history'), runFolder: z.string() }),
  /** The curves of runs as TensorBoard's event files. */
  z.object({ kind: z.literal('tensorboard'), runFolders: z.array(z.string()).min(1) }),
])

/** Jobs: one process each, long, with progress, can be stopped. */
export const jobRoutes = {
  train: {
    /** With `resume` the run in the folder goes on; `config` may then only change how long it is to be. */
    input: z.object({ config: runConfigSchema, runFolder: z.string(), resume: z.boolean() }),
    output: z.object({ run: runRecordSchema }),
  },
  prepare: {
    input: z.object({
      /** A folder or an archive of images, or a file of labels beside them. */
      source: z.string(),
      out: z.string(),
      imageSize: z.int().positive(),
      valFraction: z.number().min(0).max(0.9),
      seed: z.int().min(0),
      background: colourSchema,
    }),
    output: z.object({ manifest: datasetManifestSchema }),
  },
  /** Fetches an archive of images, or the rest of it, and prepares it. */
  download: {
    input: z.object({
      address: webAddressSchema,
      /** Where the archive is kept. */
      archive: z.string(),
      checksum: checksumSchema,
      aboutBytes: z.int().positive(),
      images: z.int().positive(),
      out: z.string(),
      imageSize: z.int().positive(),
    }),
    output: z.object({ manifest: datasetManifestSchema }),
  },
  /** Rewrites a prepared dataset without some of its duplicates, or with them in another split. */
  deduplicate: {
    input: z.object({ dataset: z.string(), action: z.enum(duplicateActions) }),
    output: z.object({ manifest: datasetManifestSchema }),
  },
  /** Measures a checkpoint on one split of a dataset and writes the results into `out`. */
  evaluate: {
    input: z.object({
      checkpoint: z.string(),
      dataset: z.string(),
      split: z.enum(splitNames),
      flip: z.boolean(),
      precision: precisionSchema,
      out: z.string(),
    }),
    output: z.object({ evaluation: evaluationRecordSchema }),
  },
  /** Writes reports and tables: `out` is the file of a report, otherwise the folder, which is there. */
  export: {
    input: z.object({ subject: exportSubjectSchema, out: z.string() }),
    output: z.object({ folder: z.string(), files: z.array(z.string()) }),
  },
  /** Makes a sample dataset where it is not there yet. */
  sample: {
    input: z.object({ dataset: z.string() }),
    output: z.object({ manifest: datasetManifestSchema, folder: z.string() }),
  },
} as const

export const engineRoutes = { ...jobRoutes, ...inspectRoutes } as const

export type JobRoute = keyof typeof jobRoutes
export type InspectRoute = keyof typeof inspectRoutes
export type EngineRoute = keyof typeof engineRoutes
export type EngineInput<R extends EngineRoute> = z.output<(typeof engineRoutes)[R]['input']>
export type EngineOutput<R extends EngineRoute> = z.output<(typeof engineRoutes)[R]['output']>

/** The routes again, typed so that a generic route's input and output stay tied to it. */
export const engineSchemas: {
  readonly [R in EngineRoute]: { input: z.ZodType<EngineInput<R>>; output: z.ZodType<EngineOutput<R>> }
} = engineRoutes

export function isEngineRoute(name: string): name is EngineRoute {
  return Object.hasOwn(engineRoutes, name)
}
