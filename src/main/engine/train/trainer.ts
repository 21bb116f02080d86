import type { NativeValues } from '../backend/tensorflow'
import type { Weights } from '../vit/parameters'

/** A batch as bytes and numbers; see `StepInputs` for the shapes. */
export interface TrainingBatch {
  images: Uint8Array
  boxes: Float32Array
  labels: Int32Array
  /** How many images at the front count; the rest is padding. */
  count: number
}

export interface StepResult {
  loss: number
  /** Hits among the counted images. */
  correct: number
  gradNorm: number
}

/** A model in training: weights, optimizer state, and the steps that change them. */
export interface Trainer {
  /** @param step counts from 1 over the whole run @param seed of this step's dropout */
  step(batch: TrainingBatch, learningRate: number, step: number, seed: number): StepResult
  evaluate(batch: TrainingBatch): { lossSum: number; correct: number }
  weights(): Weights
  setWeights(weights: Weights): void
  /** Both moments of every parameter, by the names of `optimizer.ts`. */
  optimizerState(): Weights
  setOptimizerState(state: Weights): void
  dispose(): void
}

/** 1 for each counted image, 0 for padding. */
export function countedMask(batchSize: number, count: number): Float32Array {
  return new Float32Array(batchSize).fill(1, 0, count)
}

export function scalarOf(values: ReadonlyMap<string, NativeValues>, name: string): number {
  const value = values.get(name)?.[0]
  if (value === undefined) throw new Error(`the step gave no ${name}`)
  return value
}
