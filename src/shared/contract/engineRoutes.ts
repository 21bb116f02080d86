import { z } from 'zod'
import { runConfigSchema } from '../config/runConfig'
import {
  artifactSchema,
  checkpointRefSchema,
  datasetManifestSchema,
  doctorReportSchema,
  fusions,
  imageRefSchema,
  imageReportSchema,
  modelInfoSchema,
  runRecordSchema,
} from './records'

/** What an engine process can be asked to do: every request and answer is parsed with these. */

const onImage = { checkpoint: checkpointRefSchema, image: imageRefSchema }

/** Jobs: one process each, long, with progress, can be stopped. */
export const jobRoutes = {
  train: {
    input: z.object({ config: runConfigSchema, runFolder: z.string() }),
    output: z.object({ run: runRecordSchema }),
  },
  prepare: {
    input: z.object({
      source: z.string(),
      out: z.string(),
      imageSize: z.int().positive(),
      valFraction: z.number().min(0).max(0.9),
    }),
    output: z.object({ manifest: datasetManifestSchema }),
  },
  /** Makes a sample dataset where it is not there yet. */
  sample: {
    input: z.object({ dataset: z.string() }),
    output: z.object({ manifest: datasetManifestSchema, folder: z.string() }),
  },
} as const

/** Questions to the long-lived inspection engine; each answer comes within seconds. */
export const inspectRoutes = {
  'inspect.model': { input: z.object({ checkpoint: checkpointRefSchema }), output: modelInfoSchema },
  'inspect.image': { input: z.object(onImage), output: imageReportSchema },
  /** Attention of one query token (0 is the class token): float32 `[layers, heads, tokens]`. */
  'inspect.attention': { input: z.object({ ...onImage, query: z.int().min(0) }), output: artifactSchema },
  /** Rollout of one query token: float32 `[tokens]`. */
  'inspect.rollout': {
    input: z.object({
      ...onImage,
      query: z.int().min(0),
      fusion: z.enum(fusions),
      residual: z.boolean(),
      discard: z.number().min(0).lt(1),
    }),
    output: artifactSchema,
  },
  /** Principal components of the patch filters: float32 `[count, side, side, 3]`, largest first. */
  'inspect.filters': {
    input: z.object({ checkpoint: checkpointRefSchema, count: z.int().positive() }),
    output: z.object({ components: artifactSchema, explainedVariance: z.array(z.number()) }),
  },
  /** Cosine similarity between the position embeddings of patches: float32 `[patches, patches]`. */
  'inspect.positions': { input: z.object({ checkpoint: checkpointRefSchema }), output: artifactSchema },
  doctor: { input: z.object({}), output: doctorReportSchema },
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
