import { isPresetName, presetNames, presetSizes, type PresetSizes } from '@shared/config/modelPresets'
import { plainArchitecture, type VitSizes } from '@shared/config/modelConfig'
import { trainSchema } from '@shared/config/trainConfig'
import { VitrineError } from '@shared/errors'
import { countParameters } from '@shared/model/size'
import { SeededRandom } from '@shared/random'
import { initialWeights } from '../vit/initialisation'
import { CompiledTrainer } from './compiledTrainer'
import { EagerTrainer } from './eagerTrainer'
import { measureMatmulRate } from './matmulRate'
import { stepSettings, type StepSettings } from './stepSettings'
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
  /** Operations of a step's matrix products, in thousand millions. */
  stepGflop: number
  /** Thousand million operations per second that TensorFlow reaches on those products alone. */
  matmulGflops: number
  /** Share of that rate that the whole step reaches. */
  matmulShare: number
}

/** Steps before the clock starts: the first runs lay out memory and pick kernels. */
const warmupSteps = 2

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? 0
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2
}

/** The process's largest resident memory, from the kernel where it tells. */
function peakResidentBytes(): number {
  return process.resourceUsage().maxRSS * 1024
}

const ownSizes = /^(\d+)x(\d+)x(\d+)\/(\d+)$/

/**
 * Sizes of a preset, or of a name like `192x6x3/4`: width, depth, heads and patch size, with an MLP
 * four times as wide.
 */
function namedSizes(model: string): PresetSizes {
  if (isPresetName(model)) return presetSizes(model)
  const [embedDim = 0, depth = 0, numHeads = 0, patchSize = 0] = (ownSizes.exec(model) ?? []).slice(1).map(Number)
  if (depth > 0 && patchSize > 0 && numHeads > 0 && embedDim > 0 && embedDim % numHeads === 0) {
    return { embedDim, depth, numHeads, patchSize, mlpRatio: 4 }
  }
  throw new VitrineError(
    'invalid-input',
    `There is no model "${model}": choose one of ${presetNames.join(', ')}, or sizes like 192x6x3/4.`,
  )
}

export function benchSizes(options: Pick<BenchOptions, 'model' | 'image' | 'dropout'>): VitSizes {
  const sizes = namedSizes(options.model)
  if (options.image % sizes.patchSize !== 0) {
    throw new VitrineError(
      'invalid-input',
      `The patch size ${sizes.patchSize} px does not divide the image of ${options.image} px.`,
    )
  }
  const dropout = options.dropout ?? 0
  return {
    ...sizes,
    imageSize: options.image,
    channels: 3,
    numClasses: 10,
    dropout,
    attentionDropout: dropout,
    dropPath: 0,
    ...plainArchitecture,
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
  return stepSettings(trainSchema.parse({ batchSize }), {
    sizes,
    recordSide: sizes.imageSize,
    normalize: { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
    classCounts: [],
  })
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
    trainer.step([{ batch, mix: null, seed: step }], settings.optimizer.lr, step)
    if (step > warmupSteps) times.push(performance.now() - started)
  }
  trainer.dispose()
  const stepMs = median(times)
  // Before the products are timed, which takes memory of its own.
  const peakRssBytes = peakResidentBytes()
  const { stepFlops, flopsPerSecond } = measureMatmulRate(sizes, options.batch, options.precision)
  return {
    imagesPerSecond: (options.batch * 1000) / stepMs,
    stepMs,
    compileMs,
    peakRssBytes,
    parameters: countParameters(sizes),
    stepGflop: stepFlops / 1e9,
    matmulGflops: flopsPerSecond / 1e9,
    matmulShare: stepFlops / flopsPerSecond / (stepMs / 1000),
  }
}
