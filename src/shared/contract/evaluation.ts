import { z } from 'zod'
import { correctionSummarySchema } from './corrections'
import { splitNames } from './records'

/** What an evaluation found; `evaluation.json` is one of these. */

export const precisionSchema = z.enum(['fp32', 'bf16'])

/** Shares are from 0 to 1; where there is nothing to divide by they are 0, as in scikit-learn. */
const classFiguresSchema = z.object({
  /** Images with this label. */
  support: z.int(),
  /** Images that were taken for it. */
  predicted: z.int(),
  precision: z.number(),
  recall: z.number(),
  f1: z.number(),
})
export type ClassFigures = z.infer<typeof classFiguresSchema>

const averagesSchema = z.object({ precision: z.number(), recall: z.number(), f1: z.number() })

/** Images whose prediction has a probability above `low`, up to `high`; the first bin has 0 too. */
const reliabilityBinSchema = z.object({
  low: z.number(),
  high: z.number(),
  count: z.int(),
  /** Means over the bin; null where it is empty. */
  confidence: z.number().nullable(),
  accuracy: z.number().nullable(),
})
export type ReliabilityBin = z.infer<typeof reliabilityBinSchema>

const calibrationSchema = z.object({
  bins: z.array(reliabilityBinSchema),
  /** Expected calibration error: |accuracy − confidence| of the bins, weighted by their images. */
  expectedError: z.number(),
  /** The largest of those differences. */
  largestError: z.number(),
})
export type Calibration = z.infer<typeof calibrationSchema>

const evaluationFiguresSchema = z.object({
  images: z.int(),
  /** Mean cross-entropy. */
  loss: z.number(),
  accuracy: z.number(),
  /** Share of images whose label is among the five most probable classes. */
  top5: z.number(),
  /** Mean recall of the classes that have images. */
  balancedAccuracy: z.number(),
  /** Means over the classes that are a label or a prediction of some image. */
  macro: averagesSchema,
  /** Means over the classes by their support. */
  weighted: averagesSchema,
  /** In the order of the classes. */
  perClass: z.array(classFiguresSchema),
  calibration: calibrationSchema,
})
export type EvaluationFigures = z.infer<typeof evaluationFiguresSchema>

/** What the model's head sees of the images: the class token or the mean of the patches, normalised. */
const embeddingSummarySchema = z.object({
  /** All images, or a sample of a large split. */
  images: z.int(),
  /** Values of each. */
  width: z.int(),
  /** Share of their variance along each of the principal components that are kept. */
  explainedShares: z.array(z.number()),
})

export const evaluationRecordSchema = z.object({
  format: z.literal(1),
  createdAt: z.string(),
  checkpoint: z.object({ title: z.string(), file: z.string(), epoch: z.int().nullable() }),
  dataset: z.object({
    /** `sample:shapes`, or the dataset's folder. */
    id: z.string(),
    name: z.string(),
    createdAt: z.string(),
    /** Absent where there were none. */
    corrections: correctionSummarySchema.optional(),
  }),
  split: z.enum(splitNames),
  /** Whether probabilities are means over each image and its mirror image. */
  flip: z.boolean(),
  precision: precisionSchema,
  device: z.string(),
  imagesPerSecond: z.number(),
  /** The checkpoint's. */
  classes: z.array(z.string()),
  figures: evaluationFiguresSchema,
  /** Absent in evaluations that kept none. */
  embedding: embeddingSummarySchema.optional(),
})
export type EvaluationRecord = z.infer<typeof evaluationRecordSchema>
