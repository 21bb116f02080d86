import { z } from 'zod'
import { vitSizesSchema } from '../config/modelConfig'
import { runConfigSchema } from '../config/runConfig'
import { monitors } from '../config/trainConfig'
import { failureKinds } from '../errors'
import { correctionSummarySchema } from './corrections'

/** The values that are kept on disk or cross a process border. Everything here is JSON. */

export const failureSchema = z.object({
  kind: z.enum(failureKinds),
  message: z.string(),
  field: z.string().optional(),
})

/** One number for each channel of a model: red, green and blue, or grey alone. */
const channelValues = z.array(z.number()).refine(({ length }) => length === 1 || length === 3)
/** What is taken off a pixel from 0 to 1, and what it is divided by then. */
const normalizationShape = { mean: channelValues, std: channelValues }
export const normalizationSchema = z.object(normalizationShape)

// ---- datasets ---------------------------------------------------------------------------------

export const splitNames = ['train', 'val'] as const
export type SplitName = (typeof splitNames)[number]

export const skippedFileSchema = z.object({ file: z.string(), reason: z.string() })
export type SkippedFile = z.infer<typeof skippedFileSchema>

/** `#rrggbb` */
export const colourSchema = z.string().regex(/^#[0-9a-f]{6}$/i, 'must be a colour such as #ffffff')

/** The web's two protocols: a file's address would read any file. */
export const webAddressSchema = z.url({
  protocol: /^https?$/,
  error: 'must be an address such as https://example.org/',
})

/** How a dataset was prepared: what preparing it again needs. */
export const preparationSchema = z.object({
  seed: z.int().min(0),
  /** Share of each class that is kept for validation where the source doesn't say. */
  valFraction: z.number(),
  /** Colour behind transparent pixels. */
  background: colourSchema,
  /** What the source was taken for, in a sentence. */
  recognised: z.string(),
})

/** Pictures that are there more than once, pixel for pixel. */
export const duplicateSummarySchema = z.object({
  /** Different pictures that are there more than once. */
  groups: z.int(),
  /** Records that go when one of each is kept. */
  surplus: z.int(),
  /** Groups with images in both training and validation. */
  acrossSplits: z.int(),
  /** Groups whose images belong to different classes. */
  conflicting: z.int(),
})
export type DuplicateSummary = z.infer<typeof duplicateSummarySchema>

/** `duplicates.json` is a list of these. */
export const duplicateGroupSchema = z.object({
  acrossSplits: z.boolean(),
  labelsDisagree: z.boolean(),
  records: z.array(z.object({ index: z.int(), file: z.string(), split: z.enum(splitNames), label: z.int() })),
})
export type DuplicateGroup = z.infer<typeof duplicateGroupSchema>

/**
 * `move-to-train`: copies in validation of a picture that training has too move to training.
 * `drop`: one of each is kept, in training where it is there; of a picture in several classes, none.
 */
export const duplicateActions = ['move-to-train', 'drop'] as const
export type DuplicateAction = (typeof duplicateActions)[number]

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
  /** Absent for samples, which are not prepared from files. */
  preparation: preparationSchema.optional(),
  /** Absent where nobody has looked for duplicates. */
  duplicates: duplicateSummarySchema.optional(),
})
export type DatasetManifest = z.infer<typeof datasetManifestSchema>

/** `records.json`: where each record came from and its shape before it was made square. */
export const recordOriginSchema = z.object({
  file: z.string(),
  width: z.int(),
  height: z.int(),
  /** Size and time of the file when it was read; another stamp means that it has changed. */
  stamp: z.string().optional(),
  /** The first half of the SHA-256 of the record's pixels, in hexadecimal digits. */
  digest: z.string().optional(),
})
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

/** A dataset of the catalogue that can be fetched, and how much of its archive is there. */
export const downloadStateSchema = z.object({
  /** As in the catalogue. */
  id: z.string(),
  /** Bytes that have arrived. */
  haveBytes: z.number(),
  /** All of the archive is there. */
  isWhole: z.boolean(),
})
export type DownloadState = z.infer<typeof downloadStateSchema>

/** A preparation that was cancelled or killed; preparing goes on where it stopped. */
export const unfinishedPreparationSchema = z.object({
  /** Folder that the dataset would have had. */
  dataset: z.string(),
  source: z.string(),
  name: z.string(),
  imageSize: z.int(),
  /** Images that are done, and all of them. */
  done: z.int(),
  total: z.int(),
  sizeBytes: z.number(),
})
export type UnfinishedPreparation = z.infer<typeof unfinishedPreparationSchema>

// ---- runs -------------------------------------------------------------------------------------

export const runStatuses = ['running', 'paused', 'finished', 'stopped', 'cancelled', 'failed', 'interrupted'] as const
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
    ...normalizationShape,
    /** That it is trained with; absent where there are none. The counts are of what is left. */
    corrections: correctionSummarySchema.optional(),
  }),
  parameters: z.int(),
  stepsPerEpoch: z.int(),
  versions: z.record(z.string(), z.string()),
  device: z.string(),
  /** Process that trains or trained it; with `status` it tells an interrupted run. */
  processId: z.int(),
  /** When it was resumed last. */
  resumedAt: z.string().optional(),
  /** Seconds that it had been trained before it was resumed last. */
  earlierSeconds: z.number().optional(),
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

/** Parts of a model whose weights are watched together. `tokens` are class and register tokens and positions. */
export const weightGroups = ['patch-embedding', 'tokens', 'attention', 'mlp', 'norms', 'head'] as const
export type WeightGroup = (typeof weightGroups)[number]

/**
 * One line of `metrics.jsonl` after an epoch; accuracies are fractions; val is null without a split.
 * The optional figures are missing where they don't apply, and in runs that are older than they are.
 */
export const epochMetricsSchema = z.object({
  type: z.literal('epoch'),
  epoch: z.int(),
  lr: z.number(),
  train_loss: z.number(),
  train_acc: z.number(),
  val_loss: z.number().nullable(),
  val_acc: z.number().nullable(),
  seconds: z.number(),
  val_top5: z.number().optional(),
  /** Mean over the classes of each class's accuracy. */
  val_balanced_acc: z.number().optional(),
  /** Accuracy of each class, in their order; null for a class without validation images. */
  val_class_acc: z.array(z.number().nullable()).optional(),
  /** The same with the moving average of the weights, where the run keeps one. */
  ema_val_loss: z.number().optional(),
  ema_val_acc: z.number().optional(),
  ema_val_top5: z.number().optional(),
  ema_val_balanced_acc: z.number().optional(),
  /** Mean over the epoch's steps, before clipping. */
  gradNorm: z.number().optional(),
  /** Norm of all weights together at the end of the epoch. */
  weightNorm: z.number().optional(),
  /** Norm of the last step's change of each group ÷ norm of the group before it. */
  updateRatio: z.partialRecord(z.enum(weightGroups), z.number()).optional(),
  /** Of the epoch's steps, validation aside. */
  imagesPerSecond: z.number().optional(),
  /** Resident memory of the process at the end of the epoch. */
  memoryBytes: z.number().optional(),
})
export type EpochMetrics = z.infer<typeof epochMetricsSchema>

/**
 * Where a run was resumed: `step` is the last one that was kept, `epoch` the one that goes on. Lines
 * of later steps that were written before were taken out of the file.
 */
export const resumeMarkSchema = z.object({ type: z.literal('resume'), step: z.int(), epoch: z.int(), at: z.string() })
export type ResumeMark = z.infer<typeof resumeMarkSchema>

export const metricLineSchema = z.discriminatedUnion('type', [stepMetricsSchema, epochMetricsSchema, resumeMarkSchema])
export type MetricLine = z.infer<typeof metricLineSchema>

/**
 * A checkpoint of a run: `last`, `best`, or `epoch-0010` for one that was kept after an epoch; with
 * `.ema` the moving average of the weights at that moment. `@shared/checkpointNames` has their words.
 */
export const checkpointNameSchema = z.string().regex(/^(last|best|epoch-\d{4,})(\.ema)?$/, 'is no name of a checkpoint')
export type CheckpointName = z.infer<typeof checkpointNameSchema>

export const runSummarySchema = z.object({
  record: runRecordSchema,
  folder: z.string(),
  /** The last epoch that was finished, if any. */
  lastEpoch: epochMetricsSchema.nullable(),
  /** Best and last first, then the kept epochs from the newest on. */
  checkpoints: z.array(checkpointNameSchema),
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

/** Side of the images in pixels where it is not the checkpoint's own; positions are interpolated. */
const otherImageSize = { imageSize: z.int().positive().max(2048).optional() }

/** Where a model's weights are: a run's checkpoint, or a file. */
export const checkpointRefSchema = z.discriminatedUnion('from', [
  z.object({ from: z.literal('run'), runId: z.string(), name: checkpointNameSchema, ...otherImageSize }),
  z.object({
    from: z.literal('file'),
    path: z.string().min(1),
    /** Heads of attention, where the file doesn't say. */
    heads: z.int().positive().optional(),
    ...otherImageSize,
  }),
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
  /** Epochs that were finished when the checkpoint was written, if it says so. */
  epoch: z.int().nullable(),
  /** Steps that had been made of the epoch after. */
  stepInEpoch: z.int().min(0).optional(),
  /** How an image becomes the model's input: stretched to the square, then (value ÷ 255 − mean) ÷ std. */
  preprocessing: z.object({
    /** Side of the square in pixels that the checkpoint was made for. */
    imageSize: z.int().positive(),
    ...normalizationShape,
  }),
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
