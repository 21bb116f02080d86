import { z } from 'zod'
import { runConfigSchema } from '../config/runConfig'
import { correctionChangeSchema, correctionListSchema } from './corrections'
import { evaluationRecordSchema } from './evaluation'
import { exportRoutes } from './exportRoutes'
import { inspectRoutes } from './inspectRoutes'
import { queueRoutes, type QueueState } from './queue'
import { runFileSchema, runListSchema, runNotesChangeSchema } from './runRecords'
import { progressSchema } from './engineMessages'
import { settingsSchema } from './settings'
import {
  artifactSchema,
  checkpointNameSchema,
  colourSchema,
  datasetManifestSchema,
  datasetSummarySchema,
  downloadStateSchema,
  duplicateActions,
  duplicateGroupSchema,
  failureSchema,
  metricLineSchema,
  runRecordSchema,
  runSummarySchema,
  splitNames,
  unfinishedPreparationSchema,
} from './records'

/** What the window may ask main for. Main parses every input; answers are `Result` values. */

const nothing = z.object({})
const done = z.object({})

export const jobKinds = ['train', 'prepare', 'download', 'sample', 'deduplicate', 'evaluate', 'export'] as const

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
  /** Its engine has not answered for a while: it is in a very long step, or hangs. */
  isSilent: z.literal(true).optional(),
})
export type JobState = z.infer<typeof jobStateSchema>

/** A record; `url` is where the window gets the pixels. */
const shownRecordSchema = z.object({
  index: z.int(),
  label: z.int(),
  file: z.string(),
  url: z.string(),
  /** Of the image before it was made square; absent where that isn't known. */
  original: z.object({ width: z.int(), height: z.int() }).optional(),
})

/** An evaluation of a run; its arrays' addresses are for `fetch`. */
const shownEvaluationSchema = z.object({
  /** Name of its folder. */
  id: z.string(),
  evaluation: evaluationRecordSchema,
  confusion: artifactSchema,
  outcomes: artifactSchema,
  /** Which images were embedded, and their scores on the principal components; null where none were. */
  embedding: z.object({ images: artifactSchema, scores: artifactSchema }).nullable(),
})
export type ShownEvaluation = z.infer<typeof shownEvaluationSchema>

/** Records of one picture; `url` is where the window gets the pixels. */
const shownDuplicateGroupSchema = z.object({
  ...duplicateGroupSchema.shape,
  records: z.array(duplicateGroupSchema.shape.records.element.extend({ url: z.string() })),
})

const fileKindSchema = z.enum(['folder', 'archive', 'image', 'checkpoint', 'config', 'run', 'dataset', 'unknown'])

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
      processor: z.string(),
      memoryBytes: z.number(),
      cores: z.number(),
    }),
  },
  /** Versions, machine, settings and the last lines of the log, as text for a report of a fault. */
  'app.diagnostics': { input: nothing, output: z.object({ text: z.string() }) },
  'app.openLogs': { input: nothing, output: done },
  /** The files and folders that were opened last, the newest first. */
  'recent.list': { input: nothing, output: z.object({ paths: z.array(z.string()) }) },
  'recent.add': { input: z.object({ path: z.string().min(1).max(4096) }), output: done },
  'recent.clear': { input: nothing, output: done },
  /** Opens one of them, as if it had been dropped on the window. */
  'recent.open': { input: z.object({ path: z.string().min(1).max(4096) }), output: done },
  'settings.get': { input: nothing, output: settingsSchema },
  'settings.set': { input: settingsSchema, output: settingsSchema },

  'dialog.chooseFolder': { input: z.object({ title: z.string() }), output: z.object({ path: z.string().nullable() }) },
  /** An archive of images or a file of their labels. */
  'dialog.chooseDatasetFile': { input: nothing, output: z.object({ path: z.string().nullable() }) },
  'dialog.chooseImages': { input: nothing, output: z.object({ paths: z.array(z.string()) }) },
  'dialog.chooseCheckpoint': { input: nothing, output: z.object({ path: z.string().nullable() }) },
  /** Tells what a dropped path is, so that the window can do the likely thing with it. */
  'files.classify': {
    input: z.object({ path: z.string().min(1) }),
    output: z.object({ kind: fileKindSchema }),
  },
  /** Files that the system asked Vitrine to open since the last time; `text` of a run configuration. */
  'files.requested': {
    input: nothing,
    output: z.object({
      files: z.array(z.object({ path: z.string(), kind: fileKindSchema, text: z.string().nullable() })),
    }),
  },
  /** Shows a run's or a dataset's folder in the system's file manager. */
  'files.reveal': { input: z.object({ path: z.string().min(1) }), output: done },

  'datasets.list': { input: nothing, output: z.object({ datasets: z.array(datasetSummarySchema) }) },
  /** From a folder or an archive of images, or a file of labels beside them. */
  'datasets.prepare': {
    input: z.object({
      source: z.string().min(1),
      name: z.string(),
      imageSize: z.int().positive().max(1024),
      valFraction: z.number().min(0).max(0.9),
      seed: z.int().min(0).default(42),
      background: colourSchema.default('#ffffff'),
    }),
    output: z.object({ jobId: z.string(), dataset: z.string() }),
  },
  /** Prepares a dataset again from its source: only files that are new or have changed are decoded. */
  'datasets.update': { input: z.object({ dataset: z.string() }), output: z.object({ jobId: z.string() }) },
  /** Preparations that were cancelled or killed. */
  'datasets.unfinished': {
    input: nothing,
    output: z.object({ preparations: z.array(unfinishedPreparationSchema) }),
  },
  /** Goes on with one of them. */
  'datasets.resume': { input: z.object({ dataset: z.string() }), output: z.object({ jobId: z.string() }) },
  /** Removes what an unfinished preparation left. */
  'datasets.discard': { input: z.object({ dataset: z.string() }), output: done },
  /** What there is of each archive that can be fetched, and the address that they come from. */
  'datasets.downloads': {
    input: nothing,
    output: z.object({ address: z.string(), downloads: z.array(downloadStateSchema) }),
  },
  /** Fetches one, or the rest of it, and prepares it; answers with the running job where there is one. */
  'datasets.download': {
    input: z.object({ id: z.string(), imageSize: z.int().positive().max(1024) }),
    output: z.object({ jobId: z.string() }),
  },
  /** Removes an archive, or what has arrived of it; the dataset that was prepared from it stays. */
  'datasets.removeDownload': { input: z.object({ id: z.string() }), output: done },
  'datasets.rename': {
    input: z.object({ dataset: z.string(), name: z.string().trim().min(1).max(120) }),
    output: datasetManifestSchema,
  },
  /** A page of the pictures that are there more than once. */
  'datasets.duplicates': {
    input: z.object({ dataset: z.string(), offset: z.int().min(0), limit: z.int().positive().max(200) }),
    output: z.object({ total: z.int(), side: z.int(), groups: z.array(shownDuplicateGroupSchema) }),
  },
  /** How large its pictures were before they were made square; see `OriginalSizes`. */
  'datasets.originalSizes': {
    input: z.object({ dataset: z.string() }),
    output: z.object({
      bins: z.array(z.object({ from: z.int(), to: z.int(), count: z.int() })),
      smallest: z.int(),
      largest: z.int(),
      enlarged: z.int(),
    }),
  },
  'datasets.deduplicate': {
    input: z.object({ dataset: z.string(), action: z.enum(duplicateActions) }),
    output: z.object({ jobId: z.string() }),
  },
  /** Makes a sample; when it is there already no job is started. */
  'datasets.make': {
    input: z.object({ dataset: z.string() }),
    output: z.object({ jobId: z.string().nullable() }),
  },
  /** Certain records, in the order that is asked for; those that are not there any more are left out. */
  'datasets.records': {
    input: z.object({ dataset: z.string(), indices: z.array(z.int().min(0)).max(200) }),
    output: z.object({ side: z.int(), records: z.array(shownRecordSchema) }),
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
      records: z.array(shownRecordSchema),
    }),
  },

  /** What a person has corrected about a dataset's records, in their order. */
  'corrections.list': {
    input: z.object({ dataset: z.string() }),
    output: correctionListSchema,
  },
  /** Corrects records, or puts them back to what they were prepared as; answers with all there are then. */
  'corrections.change': {
    input: z.object({ dataset: z.string(), changes: z.array(correctionChangeSchema).min(1).max(20_000) }),
    output: correctionListSchema,
  },

  'runs.list': { input: nothing, output: runListSchema },
  'runs.get': {
    input: z.object({ runId: z.string() }),
    output: z.object({ run: runSummarySchema, metrics: z.array(metricLineSchema) }),
  },
  /** `jobId` is null for a run that waits in the queue, because another is being trained. */
  'runs.start': {
    input: z.object({ config: runConfigSchema }),
    output: z.object({ jobId: z.string().nullable(), runId: z.string() }),
  },
  /** Ends the training of a run after its step, to go on later. */
  'runs.pause': { input: z.object({ runId: z.string() }), output: done },
  /** Goes on with a run that is not being trained, where it stands; `epochs` makes it longer or shorter. As with `runs.start` it may wait. */
  'runs.resume': {
    input: z.object({ runId: z.string(), epochs: z.int().positive().optional() }),
    output: z.object({ jobId: z.string().nullable() }),
  },
  'runs.rename': { input: z.object({ runId: z.string(), name: z.string().min(1).max(120) }), output: runRecordSchema },
  'runs.remove': { input: z.object({ runId: z.string() }), output: done },
  /** Changes tags, notes, or whether runs are archived. */
  'runs.annotate': {
    input: z.object({ runIds: z.array(z.string()).min(1), change: runNotesChangeSchema }),
    output: done,
  },
  'runs.files': { input: z.object({ runId: z.string() }), output: z.object({ files: z.array(runFileSchema) }) },

  /** A run's evaluations, the newest first. */
  'evaluations.list': {
    input: z.object({ runId: z.string() }),
    output: z.object({ evaluations: z.array(shownEvaluationSchema) }),
  },
  /** Measures one of a run's checkpoints on a split of its dataset, in the precision it was trained in. */
  'evaluations.start': {
    input: z.object({
      runId: z.string(),
      checkpoint: checkpointNameSchema,
      split: z.enum(splitNames),
      flip: z.boolean(),
    }),
    output: z.object({ jobId: z.string() }),
  },

  'jobs.list': { input: nothing, output: z.object({ jobs: z.array(jobStateSchema) }) },
  'jobs.stop': { input: z.object({ jobId: z.string() }), output: done },
  'jobs.cancel': { input: z.object({ jobId: z.string() }), output: done },
  /** Takes an ended job off the list. */
  'jobs.dismiss': { input: z.object({ jobId: z.string() }), output: done },

  ...queueRoutes,
  ...exportRoutes,

  ...inspectRoutes,
  /** Calls off a long question; it is then answered with a failure of the kind `cancelled`. */
  'inspect.cancel': { input: z.object({ request: z.string().min(1) }), output: done },
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

/** Parts of the window that the menu opens; a path is a page's. */
export type MenuTarget = 'palette' | 'about' | 'diagnostics' | `/${string}`

/** What main tells the window without being asked; batched, at most ten times a second. */
export type WindowEvent =
  | { type: 'job'; job: JobState }
  | { type: 'job-removed'; jobId: string }
  | { type: 'metrics'; runId: string; lines: z.output<typeof metricLineSchema>[] }
  | { type: 'runs-changed' }
  /** A menu item whose work the window does. */
  | { type: 'show'; what: MenuTarget }
  | { type: 'update-available'; version: string }
  | { type: 'queue'; queue: QueueState }
  | { type: 'datasets-changed' }
  /** The system asked to open files; `files.requested` hands them over. */
  | { type: 'files-requested' }
  | { type: 'evaluations-changed'; runId: string }
  /** How far a long question has come. */
  | { type: 'inspect-progress'; request: string; progress: z.output<typeof progressSchema> }
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
