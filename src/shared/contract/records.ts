import { z } from 'zod'
import { monitors, runConfigSchema, vitSizesSchema } from '../config/runConfig'
import { failureKinds } from '../errors'

/** The values that are kept on disk or cross a process border. Everything here is JSON. */

export const failureSchema = z.object({
  kind: z.enum(failureKinds),
  message: z.string(),
  field: z.string().optional(),
})

// ---- datasets ---------------------------------------------------------------------------------

export const splitNames = ['train', 'val'] as const
export type SplitName = (typeof splitNames)[number]

export const skippedFileSchema = z.object({ file: z.string(), reason: z.string() })
export type SkippedFile = z.infer<typeof skippedFileSchema>

/**
 * `dataset.json` of a prepared dataset. Images are in `images.u8`: `trainCount` records of the
 * training split, then `valCount` of the validation split; a record is side × side × 3 bytes, RGB,
 * row by row. Labels are in `labels.json` beside it, one whole number per record.
 */
export const datasetManifestSchema = z.object({
  format: z.literal(1),
  name: z.string(),
  /** Folder the images came from, or the sample that was generated. */
  source: z.string(),
  createdAt: z.string(),
  /** Side of a record in pixels. */
  imageSize: z.int().positive(),
  classes: z.array(z.string()),
  trainCount: z.int().min(0),
  valCount: z.int().min(0),
  /** Images of each class per split, in the order of `classes`. */
  classCounts: z.object({ train: z.array(z.int()), val: z.array(z.int()) }),
  /** Per-channel mean and standard deviation of the training split, for pixels from 0 to 1. */
  statistics: z.object({ mean: z.array(z.number()).length(3), std: z.array(z.number()).length(3) }),
  /** Files that could not be used, with the reason in words. */
  skipped: z.array(skippedFileSchema),
  /** `masks.u8` beside the images: side × side bytes a record, 1 where the object is. */
  hasMasks: z.boolean(),
})
export type DatasetManifest = z.infer<typeof datasetManifestSchema>

/** `records.json`: where each record came from and its shape before it was made square. */
export const recordOriginSchema = z.object({ file: z.string(), width: z.int(), height: z.int() })
export type RecordOrigin = z.infer<typeof recordOriginSchema>

export const datasetSummarySchema = z.object({
  /** `sample:shapes`, `sample:digits`, or the absolute path of a prepared dataset's folder. */
  id: z.string(),
  /** A sample is made the first time it is used; until then `manifest` is null. */
  kind: z.enum(['sample', 'prepared']),
  name: z.string(),
  description: z.string(),
  sizeBytes: z.number(),
  manifest: datasetManifestSchema.nullable(),
})
export type DatasetSummary = z.infer<typeof datasetSummarySchema>

// ---- runs -------------------------------------------------------------------------------------

export const runStatuses = ['running', 'finished', 'stopped', 'cancelled', 'failed', 'interrupted'] as const
export type RunStatus = (typeof runStatuses)[number]

/** `run.json`. A folder whose status is `running` without a live process is shown as interrupted. */
export const runRecordSchema = z.object({
  format: z.literal(1),
  id: z.string(),
  name: z.string(),
  createdAt: z.string(),
  endedAt: z.string().nullable(),
  status: z.enum(runStatuses),
  /** Why it ended early, in a sentence. */
  reason: z.string().nullable(),
  config: runConfigSchema,
  sizes: vitSizesSchema,
  dataset: z.object({
    name: z.string(),
    classes: z.array(z.string()),
    trainCount: z.int(),
    valCount: z.int(),
    mean: z.array(z.number()).length(3),
    std: z.array(z.number()).length(3),
  }),
  parameters: z.int(),
  stepsPerEpoch: z.int(),
  versions: z.record(z.string(), z.string()),
  device: z.string(),
  /** Process that trains or trained it; with `status` it tells an interrupted run. */
  processId: z.int(),
  best: z.object({ epoch: z.int(), monitor: z.enum(monitors), value: z.number() }).nullable(),
})
export type RunRecord = z.infer<typeof runRecordSchema>

/** One line of `metrics.jsonl` after an optimizer step; `step` counts from 1 over the whole run. */
export const stepMetricsSchema = z.object({
  type: z.literal('step'),
  step: z.int(),
  epoch: z.int(),
  loss: z.number(),
  lr: z.number(),
  gradNorm: z.number(),
  imagesPerSecond: z.number(),
})
export type StepMetrics = z.infer<typeof stepMetricsSchema>

/** One line of `metrics.jsonl` after an epoch; accuracies are fractions; val is null without a split. */
export const epochMetricsSchema = z.object({
  type: z.literal('epoch'),
  epoch: z.int(),
  lr: z.number(),
  train_loss: z.number(),
  train_acc: z.number(),
  val_loss: z.number().nullable(),
  val_acc: z.number().nullable(),
  seconds: z.number(),
})
export type EpochMetrics = z.infer<typeof epochMetricsSchema>

export const metricLineSchema = z.discriminatedUnion('type', [stepMetricsSchema, epochMetricsSchema])
export type MetricLine = z.infer<typeof metricLineSchema>

export const checkpointNames = ['best', 'last'] as const
export type CheckpointName = (typeof checkpointNames)[number]

export const runSummarySchema = z.object({
  record: runRecordSchema,
  folder: z.string(),
  /** The last epoch that was finished, if any. */
  lastEpoch: epochMetricsSchema.nullable(),
  checkpoints: z.array(z.enum(checkpointNames)),
})
export type RunSummary = z.infer<typeof runSummarySchema>

// ---- machine ----------------------------------------------------------------------------------

export const doctorItemSchema = z.object({
  name: z.string(),
  /** Version, path or number that was found. */
  found: z.string().nullable(),
  ok: z.boolean(),
  /** The command or step that mends it, when it is missing or wrong. */
  mend: z.string().nullable(),
})
export const doctorReportSchema = z.object({
  ok: z.boolean(),
  items: z.array(doctorItemSchema),
})
export type DoctorItem = z.infer<typeof doctorItemSchema>
export type DoctorReport = z.infer<typeof doctorReportSchema>

// ---- inspection -------------------------------------------------------------------------------

/** Where a model's weights are: a run's checkpoint, or a file. */
export const checkpointRefSchema = z.discriminatedUnion('from', [
  z.object({ from: z.literal('run'), runId: z.string(), name: z.enum(checkpointNames) }),
  z.object({ from: z.literal('file'), path: z.string().min(1) }),
])
export type CheckpointRef = z.infer<typeof checkpointRefSchema>

export const imageRefSchema = z.discriminatedUnion('from', [
  z.object({ from: z.literal('file'), path: z.string().min(1) }),
  /** Index over all records: training first, then validation. */
  z.object({ from: z.literal('dataset'), dataset: z.string(), index: z.int().min(0) }),
])
export type ImageRef = z.infer<typeof imageRefSchema>

/** A file that the engine wrote for the window: its address, and for arrays the shape. */
export const artifactSchema = z.object({ url: z.string(), shape: z.array(z.int()) })
export type Artifact = z.infer<typeof artifactSchema>

export const modelInfoSchema = z.object({
  title: z.string(),
  sizes: vitSizesSchema,
  classes: z.array(z.string()),
  parameters: z.int(),
  /** Epoch at which the checkpoint was written, if it says so. */
  epoch: z.int().nullable(),
})
export type ModelInfo = z.infer<typeof modelInfoSchema>

export const predictionSchema = z.object({ class: z.string(), probability: z.number(), logit: z.number() })
export type Prediction = z.infer<typeof predictionSchema>

export const imageReportSchema = z.object({
  name: z.string(),
  width: z.int(),
  height: z.int(),
  /** All classes, most probable first. */
  predictions: z.array(predictionSchema),
  /** PNG of the whole image in its own aspect, at most 1,024 px on its longer side. */
  picture: artifactSchema,
  /** PNG of exactly what the model gets, side × side, before normalisation. */
  modelInput: artifactSchema,
  /** The label of a dataset's image. */
  label: z.string().nullable(),
})
export type ImageReport = z.infer<typeof imageReportSchema>

export const fusions = ['mean', 'max', 'min'] as const
export type Fusion = (typeof fusions)[number]
