import { z } from 'zod'
import { bestEpochStateSchema, noEpochYet } from './earlyStopping'

/** Sums over the steps of an epoch. */
export const epochTallySchema = z.object({
  lossSum: z.number(),
  correct: z.number(),
  images: z.number(),
  gradNormSum: z.number(),
  steps: z.int(),
  /** Spent in steps, without validation and saving. */
  seconds: z.number(),
})
export type EpochTally = z.output<typeof epochTallySchema>

export const emptyTally: EpochTally = { lossSum: 0, correct: 0, images: 0, gradNormSum: 0, steps: 0, seconds: 0 }

/**
 * Where a run is, besides its weights and its optimizer: all that the next step depends on. Random
 * numbers need no entry of their own: order, crops, mixing and dropout are drawn from streams that
 * the run's seed and the epoch, step or record name, so the position tells them all.
 */
export const trainingStateSchema = z.object({
  format: z.literal(1),
  /** The epoch that the next step belongs to, from 1. */
  epoch: z.int().min(1),
  /** Steps of that epoch that are made. */
  stepInEpoch: z.int().min(0),
  /** Steps of the whole run that are made. */
  step: z.int().min(0),
  tally: epochTallySchema,
  bestEpoch: bestEpochStateSchema,
  /** Time that the run has been trained, over all resumes. */
  trainedSeconds: z.number(),
})
export type TrainingState = z.output<typeof trainingStateSchema>

export const startOfRun: TrainingState = {
  format: 1,
  epoch: 1,
  stepInEpoch: 0,
  step: 0,
  tally: emptyTally,
  bestEpoch: noEpochYet,
  trainedSeconds: 0,
}
