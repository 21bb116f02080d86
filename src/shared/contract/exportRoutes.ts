import { z } from 'zod'
import { checkpointRefSchema, imageRefSchema } from './records'

/** What the window has written for other programs and other people. */

/** Kinds of files that the window makes itself. */
const savedKinds = ['png', 'svg', 'npy', 'csv', 'json'] as const
export type SavedKind = (typeof savedKinds)[number]

/** More than any figure needs. */
const mostSavedBytes = 256 * 2 ** 20

const savedBytesSchema = z
  .instanceof(Uint8Array)
  .refine(({ byteLength }) => byteLength <= mostSavedBytes, 'is larger than a file that can be saved from here')

/** Written by an engine, because it needs the model or the run's folder. */
const windowExportSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('run-report'), runId: z.string() }),
  z.object({
    kind: z.literal('model-report'),
    checkpoint: checkpointRefSchema,
    /** What the model is called. */
    title: z.string(),
    images: z.array(imageRefSchema).max(64),
  }),
  z.object({ kind: z.literal('history'), runId: z.string() }),
  z.object({ kind: z.literal('tensorboard'), runIds: z.array(z.string()).min(1) }),
])
export type WindowExport = z.infer<typeof windowExportSchema>

export const exportRoutes = {
  /** Asks where to, and writes the file there; the path is null where nothing was chosen. */
  'files.save': {
    input: z.object({
      /** Name to begin with, without its extension; nothing in it means anything in a path. */
      name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,199}$/, 'must be of small letters, digits and hyphens'),
      kind: z.enum(savedKinds),
      bytes: savedBytesSchema,
    }),
    output: z.object({ path: z.string().nullable() }),
  },
  /** Asks where to, and starts the job that writes it; null where nothing was chosen. */
  'exports.start': {
    input: z.object({ subject: windowExportSchema }),
    output: z.object({ started: z.object({ jobId: z.string(), path: z.string() }).nullable() }),
  },
} as const
