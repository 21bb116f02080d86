import { z } from 'zod'
import { runConfigSchema } from '../config/runConfig'
import { inspectRoutes } from './engineRoutes'
import { progressSchema } from './engineMessages'
import {
  datasetSummarySchema,
  failureSchema,
  metricLineSchema,
  runRecordSchema,
  runSummarySchema,
  splitNames,
} from './records'

/** What the window may ask main for. Main parses every input; answers are `Result` values. */

const nothing = z.object({})
const done = z.object({})

export const settingsSchema = z.object({
  theme: z.enum(['system', 'light', 'dark']),
})
export type Settings = z.infer<typeof settingsSchema>

export const jobKinds = ['train', 'prepare', 'sample'] as const

/** A job as the window shows it. `ended` jobs stay in the list until the window has shown them. */
export const jobStateSchema = z.object({
  id: z.string(),
  kind: z.enum(jobKinds),
  title: z.string(),
  runId: z.string().nullable(),
  startedAt: z.string(),
  phase: z.enum(['starting', 'running', 'stopping', 'finished', 'failed', 'cancelled']),
  progress: progressSchema.nullable(),
  failure: failureSchema.nullable(),
})
export type JobState = z.infer<typeof jobStateSchema>

export const windowRoutes = {
  'app.info': {
    input: nothing,
    output: z.object({
      version: z.string(),
      electron: z.string(),
      chromium: z.string(),
      node: z.string(),
      platform: z.string(),
      home: z.string(),
      memoryBytes: z.number(),
      cores: z.number(),
    }),
  },
  'settings.get': { input: nothing, output: settingsSchema },
  'settings.set': { input: settingsSchema, output: settingsSchema },

  'dialog.chooseFolder': { input: z.object({ title: z.string() }), output: z.object({ path: z.string().nullable() }) },
  'dialog.chooseImages': { input: nothing, output: z.object({ paths: z.array(z.string()) }) },
  'dialog.chooseCheckpoint': { input: nothing, output: z.object({ path: z.string().nullable() }) },
  /** Tells what a dropped path is, so that the window can do the likely thing with it. */
  'files.classify': {
    input: z.object({ path: z.string().min(1) }),
    output: z.object({ kind: z.enum(['folder', 'image', 'checkpoint', 'config', 'run', 'dataset', 'unknown']) }),
  },
  /** Shows a run's or a dataset's folder in the system's file manager. */
  'files.reveal': { input: z.object({ path: z.string().min(1) }), output: done },

  'datasets.list': { input: nothing, output: z.object({ datasets: z.array(datasetSummarySchema) }) },
  'datasets.prepare': {
    input: z.object({
      source: z.string().min(1),
      name: z.string(),
      imageSize: z.int().positive().max(1024),
      valFraction: z.number().min(0).max(0.9),
    }),
    output: z.object({ jobId: z.string(), dataset: z.string() }),
  },
  /** Makes a sample; when it is there already no job is started. */
  'datasets.make': {
    input: z.object({ dataset: z.string() }),
    output: z.object({ jobId: z.string().nullable() }),
  },
  'datasets.remove': { input: z.object({ dataset: z.string() }), output: done },
  /**
   * A page of one split: address of the raw RGB bytes (`[count, side, side, 3]` uint8), and what
   * belongs to each record. `classIndex` keeps to one class.
   */
  'datasets.page': {
    input: z.object({
      dataset: z.string(),
      split: z.enum(splitNames),
      classIndex: z.int().min(0).nullable(),
      offset: z.int().min(0),
      limit: z.int().positive().max(200),
    }),
    output: z.object({
      total: z.int(),
      side: z.int(),
      records: z.array(z.object({ index: z.int(), label: z.int(), file: z.string(), url: z.string() })),
    }),
  },

  'runs.list': { input: nothing, output: z.object({ runs: z.array(runSummarySchema) }) },
  'runs.get': {
    input: z.object({ runId: z.string() }),
    output: z.object({ run: runSummarySchema, metrics: z.array(metricLineSchema) }),
  },
  'runs.start': {
    input: z.object({ config: runConfigSchema }),
    output: z.object({ jobId: z.string(), runId: z.string() }),
  },
  'runs.rename': { input: z.object({ runId: z.string(), name: z.string().min(1).max(120) }), output: runRecordSchema },
  'runs.remove': { input: z.object({ runId: z.string() }), output: done },

  'jobs.list': { input: nothing, output: z.object({ jobs: z.array(jobStateSchema) }) },
  'jobs.stop': { input: z.object({ jobId: z.string() }), output: done },
  'jobs.cancel': { input: z.object({ jobId: z.string() }), output: done },
  /** Takes an ended job off the list. */
  'jobs.dismiss': { input: z.object({ jobId: z.string() }), output: done },

  ...inspectRoutes,
} as const

export type WindowRoute = keyof typeof windowRoutes
export type WindowInput<R extends WindowRoute> = z.input<(typeof windowRoutes)[R]['input']>
export type WindowOutput<R extends WindowRoute> = z.output<(typeof windowRoutes)[R]['output']>

/** What a handler gets: the parsed input, defaults filled in. */
export type WindowRequest<R extends WindowRoute> = z.output<(typeof windowRoutes)[R]['input']>

/** The inputs again, typed so that a generic route's input stays tied to it. */
export const windowInputs: { readonly [R in WindowRoute]: { input: z.ZodType<WindowRequest<R>> } } = windowRoutes

export function isWindowRoute(name: string): name is WindowRoute {
  return Object.hasOwn(windowRoutes, name)
}

/** What main tells the window without being asked; batched, at most ten times a second. */
export type WindowEvent =
  | { type: 'job'; job: JobState }
  | { type: 'job-removed'; jobId: string }
  | { type: 'metrics'; runId: string; lines: z.output<typeof metricLineSchema>[] }
  | { type: 'runs-changed' }
  | { type: 'datasets-changed' }
  /** The inspection engine stopped and was started again; answers in flight have failed. */
  | { type: 'inspector-restarted'; message: string }

/** The one object that the preload script puts on `window`. */
export interface VitrineBridge {
  invoke(route: string, input: unknown): Promise<unknown>
  subscribe(listener: (events: WindowEvent[]) => void): () => void
  /** Path on disk of a file that was dropped or chosen in the page. */
  pathOf(file: File): string
}

export { eventsChannel, invokeChannel } from './channels'
