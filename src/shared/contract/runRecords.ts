import { z } from 'zod'
import { checkpointNameSchema, epochMetricsSchema, runSummarySchema } from './records'

/** Runs as the table of all runs lists them. */

/** A run's `notes.json`: what a person wrote about it, in a file of its own that training never touches. */
export const runNotesSchema = z.object({
  format: z.literal(1),
  tags: z.array(z.string()),
  text: z.string(),
  /** Kept, but hidden from the table until it is asked for. */
  isArchived: z.boolean(),
})
export type RunNotes = z.infer<typeof runNotesSchema>

export const emptyNotes: Readonly<RunNotes> = { format: 1, tags: [], text: '', isArchived: false }

const tagSchema = z.string().trim().min(1, 'must not be empty').max(40, 'must be at most 40 characters')

/** What is left out stays as it is. */
export const runNotesChangeSchema = z.object({
  tags: z.array(tagSchema).optional(),
  addTags: z.array(tagSchema).optional(),
  text: z.string().max(20_000, 'must be at most 20000 characters').optional(),
  isArchived: z.boolean().optional(),
})
export type RunNotesChange = z.infer<typeof runNotesChangeSchema>

const listed = {
  notes: runNotesSchema,
  /** Of all files in the folder. */
  sizeBytes: z.number(),
  /** What of the folder is missing or can't be read, in sentences; none for a sound run. */
  problems: z.array(z.string()),
}

export const listedRunSchema = runSummarySchema.extend(listed)
export type ListedRun = z.infer<typeof listedRunSchema>

/** A run whose record can't be read, with what else of it can. */
export const damagedRunSchema = z.object({
  /** Name of its folder. */
  id: z.string(),
  folder: z.string(),
  /** What the rest of the record says; null where it doesn't. */
  name: z.string().nullable(),
  dataset: z.string().nullable(),
  createdAt: z.string(),
  lastEpoch: epochMetricsSchema.nullable(),
  checkpoints: z.array(checkpointNameSchema),
  ...listed,
})
export type DamagedRun = z.infer<typeof damagedRunSchema>

function isListOf(key: string): (value: unknown) => boolean {
  return (value) =>
    Array.isArray(value) && value.every((item) => typeof item === 'object' && item !== null && key in item)
}

/**
 * Main has checked every run when it read its folder. Checking a thousand of them again, on both sides of
 * the border and after each epoch, would keep the window waiting.
 */
export const runListSchema = z.object({
  /** Newest first. */
  runs: z.custom<ListedRun[]>(isListOf('record')),
  damaged: z.custom<DamagedRun[]>(isListOf('id')),
  /** Of the disk that the runs are on; null where the system doesn't say. */
  freeBytes: z.number().nullable(),
})
export type RunList = z.infer<typeof runListSchema>

/** A file in a run's folder; `path` is relative to it, with `/` between folders. */
export const runFileSchema = z.object({ path: z.string(), sizeBytes: z.number(), changedAt: z.string() })
export type RunFile = z.infer<typeof runFileSchema>
