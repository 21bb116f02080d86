import type { NativeValues } from '../backend/tensorflow'
import type { Weights } from '../vit/parameters'

/** A batch as bytes and numbers; see `StepInputs` for the shapes. */
export interface TrainingBatch {
  images: Uint8Array
  boxes: Float32Array
  labels: Int32Array
  /** What the augmentation's plan takes besides, by name; an evaluation and a plain plan take nothing. */
  augment?: ReadonlyMap<string, Float32Array>
  /** How many images at the front count; the rest is padding. */
  count: number
}

/**
 * How a batch is mixed with itself, its counted images in reverse order: each image keeps the share
 * `weight` of its own label and takes the rest from its partner.
 */
export interface BatchMix {
  kind: 'mixup' | 'cutmix'
  weight: number
  /** Of cutmix: top, left, bottom and right of the partner's pixels, in pixels of the model's input. */
  box: readonly [number, number, number, number]
}

/** One batch of a step; a step has as many as gradients are accumulated over. */
export interface StepBatch {
  batch: TrainingBatch
  /** Null for an unmixed batch. */
  mix: BatchMix | null
  /** Of dropout; new for each batch. */
  seed: number
}

export interface StepResult {
  /** Mean over the counted images of all batches. */
  loss: number
  /** Hits among the counted images; against the heavier label where images are mixed. */
  correct: number
  /** Norm of all gradients together, before clipping. */
  gradNorm: number
  /** False where loss or gradient was not finite: then nothing was changed. */
  applied: boolean
}

/** What the model says about each image of a batch, padding included. */
export interface BatchEvaluation {
  /** [B] */
  losses: Float32Array
  /** [B, classes] row by row */
  logits: Float32Array
}

/** Which weights an evaluation or a reading uses. */
export type WeightSet = 'raw' | 'average'

/** A model in training: weights, optimizer state, and the steps that change them. */
export interface Trainer {
  /** @param step counts from 1 over the whole run */
  step(batches: readonly StepBatch[], learningRate: number, step: number): StepResult
  /** `average` uses the moving average of the weights; only where the settings have one. */
  evaluate(batch: TrainingBatch, weights?: WeightSet): BatchEvaluation
  weights(set?: WeightSet): Weights
  setWeights(weights: Weights): void
  /** Everything besides the weights that the next step depends on: the optimizer's state and the moving average. */
  optimizerState(): Weights
  setOptimizerState(state: Weights): void
  dispose(): void
}

/** 1 for each counted image, 0 for padding. */
export function countedMask(batchSize: number, count: number): Float32Array {
  return new Float32Array(batchSize).fill(1, 0, count)
}

/** Name of a parameter's moving average among the optimizer's state. */
export function averageName(parameter: string): string {
  return `ema.${parameter}`
}

export function floatsOf(values: ReadonlyMap<string, NativeValues>, name: string): Float32Array {
  const found = values.get(name)
  if (!(found instanceof Float32Array)) throw new Error(`${name} is not made of float32`)
  return found
}

export function scalarOf(values: ReadonlyMap<string, NativeValues>, name: string): number {
  const value = values.get(name)?.[0]
  if (value === undefined) throw new Error(`the step gave no ${name}`)
  return value
}
