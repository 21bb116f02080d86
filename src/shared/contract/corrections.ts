import { z } from 'zod'

/**
 * What a person has said about single records of a prepared dataset. It is kept beside the records,
 * which stay as they were prepared.
 */
export const correctionSchema = z.object({
  /** The record, training first. */
  index: z.int().min(0),
  /** Where it came from; finds it again when the dataset is prepared once more. */
  file: z.string(),
  /** Its label as it was prepared. */
  was: z.int().min(0),
  /** Its label now; null for a record that is left out. */
  label: z.int().min(0).nullable(),
})
export type Correction = z.infer<typeof correctionSchema>

/** `corrections.json`: one for each corrected record, in their order. */
export const correctionsFileSchema = z.object({ format: z.literal(1), corrections: z.array(correctionSchema) })
export type CorrectionsFile = z.infer<typeof correctionsFileSchema>

/** What one record is to be: a class, left out of its split, or as it was prepared. */
export const correctionChangeSchema = z.object({
  index: z.int().min(0),
  to: z.union([z.int().min(0), z.literal('left-out'), z.literal('original')]),
})
export type CorrectionChange = z.infer<typeof correctionChangeSchema>

/** A correction as the window shows it; `url` is where the pixels are. */
const shownCorrectionSchema = z.object({ ...correctionSchema.shape, url: z.string() })
export type ShownCorrection = z.infer<typeof shownCorrectionSchema>

/** `side` is that of the records in pixels. */
export const correctionListSchema = z.object({ side: z.int(), corrections: z.array(shownCorrectionSchema) })

/** What a run or an evaluation says of the corrections that it was made with. */
export const correctionSummarySchema = z.object({
  /** Records with another label than they were prepared with. */
  relabelled: z.int(),
  /** Records that were left out. */
  leftOut: z.int(),
  /** Of records and labels together: the same corrections have the same. */
  fingerprint: z.string(),
})
export type CorrectionSummary = z.infer<typeof correctionSummarySchema>
