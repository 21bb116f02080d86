import { isPresetName, presetNames, presetSizes } from '@shared/config/modelPresets'
import type { VitSizes } from '@shared/config/runConfig'
import { VitrineError } from '@shared/errors'
import { countParameters } from '@shared/model/size'
import { SeededRandom } from '@shared/random'
import { initialWeights } from '../vit/parameters'
import { CompiledTrainer } from './compiledTrainer'
import { EagerTrainer } from './eagerTrainer'
import type { StepSettings } from './step'
import type { Trainer, TrainingBatch } from './trainer'

export interface BenchOptions {
  model: string
  image: number
  batch: number
  steps: number
  precision: 'fp32' | 'bf16'
  mode: 'compiled' | 'eager'
  dropout?: number
}

export interface BenchResult {
  imagesPerSecond: number
  /** Median over the measured steps. */
  stepMs: number
  /** Tracing and loading the graph; 0 in eager mode. */
  compileMs: number
  peakRssBytes: number
  parameters: number
}

/** Steps before the clock starts: the first runs lay out memory and pick kernels. */
const warmupSteps = 2

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? 0
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2
}

/** The process's largest resident memory, from the kernel where it tells. */
function peakResidentBytes(): number {
  return process.resourceUsage().maxRSS * 1024
}

function benchSizes(options: BenchOptions): VitSizes {
  if (!isPresetName(options.model)) {
    throw new VitrineError(
      'invalid-input',
      `There is no model "${options.model}": choose one of ${presetNames.join(', ')}.`,
    )
  }
  const preset = presetSizes(options.model)
  if (options.image % preset.patchSize !== 0) {
    throw new VitrineError(
      'invalid-input',
      `The patch size ${preset.patchSize} px does not divide the image of ${options.image} px.`,
    )
  }
  const dropout = options.dropout ?? 0
  return {
    ...preset,
    imageSize: options.image,
    channels: 3,
    numClasses: 10,
    dropout,
    attentionDropout: dropout,
    dropPath: 0,
  }
}

function randomBatch(batchSize: number, side: number): TrainingBatch {
  const random = new SeededRandom(1)
  return {
    images: Uint8Array.from({ length: batchSize * side * side * 3 }, () => random.below(256)),
    boxes: Float32Array.from({ length: batchSize * 4 }, (_, index) => (index % 4 < 2 ? 0 : 1)),
    labels: Int32Array.from({ length: batchSize }, () => random.below(10)),
    count: batchSize,
  }
}

function benchSettings(sizes: VitSizes, batchSize: number): StepSettings {
  return {
    sizes,
    batchSize,
    recordSide: sizes.imageSize,
    normalize: { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
    labelSmoothing: 0,
    clipGradNorm: null,
    optimizer: {
      name: 'adamw',
      lr: 1e-4,
      betas: [0.9, 0.999],
      eps: 1e-8,
      weightDecay: 0.05,
      decayNormAndBias: true,
    },
  }
}

/**
 * Times whole training steps (forward, backward, AdamW) on made-up images.
 * @throws VitrineError `invalid-input` for a model or size that doesn't exist
 */
export async function bench(options: BenchOptions): Promise<BenchResult> {
  const sizes = benchSizes(options)
  const settings = benchSettings(sizes, options.batch)
  const weights = initialWeights(sizes, new SeededRandom(1))
  let compileMs = 0
  let trainer: Trainer
  if (options.mode === 'compiled') {
    const compiled = await CompiledTrainer.create(settings, options.precision, weights)
    compileMs = compiled.compileMs
    trainer = compiled
  } else {
    if (options.precision !== 'fp32') {
      throw new VitrineError('invalid-input', 'Eager mode computes in fp32 only: use --mode compiled for bf16.')
    }
    trainer = new EagerTrainer(settings, weights)
  }
  const batch = randomBatch(options.batch, sizes.imageSize)
  const times: number[] = []
  for (let step = 1; step <= warmupSteps + options.steps; step++) {
    const started = performance.now()
    trainer.step(batch, settings.optimizer.lr, step, step)
    if (step > warmupSteps) times.push(performance.now() - started)
  }
  trainer.dispose()
  const stepMs = median(times)
  return {
    imagesPerSecond: (options.batch * 1000) / stepMs,
    stepMs,
    compileMs,
    peakRssBytes: peakResidentBytes(),
    parameters: countParameters(sizes),
  }
}
