import { recipeOf, type AugmentPreset } from '@shared/config/augmentPresets'
import { trainSchema } from '@shared/config/trainConfig'
import { SeededRandom } from '@shared/random'
import { dtypes, tf } from '../backend/tensorflow'
import { augmentedInput } from '../data/augment/apply'
import { drawOperations } from '../data/augment/draw'
import { augmentInputShapes, augmentPlan, emptyAugmentValues, packDrawn, type AugmentPlan } from '../data/augment/plan'
import { compileProgram } from '../graph/program'
import { initialWeights } from '../vit/initialisation'
import { benchSizes, median, type BenchOptions } from './bench'
import { CompiledTrainer } from './compiledTrainer'
import { stepSettings } from './stepSettings'
import type { TrainingBatch } from './trainer'

export interface AugmentationRates {
  /** Records to normalised pixels in the graph and nothing else; median over the batches. */
  imagesPerSecond: number
  /** Drawing the parameters of one batch. */
  drawMs: number
  /** A training step whose images are only resized, and one whose images are augmented; medians. */
  plainStepMs: number
  augmentedStepMs: number
  /** What augmentation adds to the step, as a share of the plain one: median of neighbouring steps. */
  shareOfStep: number
}

/** Records are usually prepared a little larger than the model's input, so that crops keep their detail. */
const recordScale = 8 / 7
const warmupSteps = 2
const normalize = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] }

interface Sizes {
  batchSize: number
  recordSide: number
  side: number
}

/** Batches of noise, each with parameters of its own; the arrays are used again by the next. */
class AugmentedBatches {
  private readonly batch: TrainingBatch & { augment: Map<string, Float32Array> }
  private readonly drawTimes: number[] = []

  constructor(
    private readonly preset: AugmentPreset,
    private readonly plan: AugmentPlan,
    private readonly sizes: Sizes,
  ) {
    const { batchSize, recordSide } = sizes
    const random = new SeededRandom(1)
    this.batch = {
      images: Uint8Array.from({ length: batchSize * recordSide ** 2 * 3 }, () => random.uint32() & 255),
      boxes: new Float32Array(batchSize * 4),
      labels: Int32Array.from({ length: batchSize }, () => random.below(10)),
      augment: emptyAugmentValues(plan, batchSize),
      count: batchSize,
    }
  }

  draw(step: number): TrainingBatch & { augment: Map<string, Float32Array> } {
    const { batch, plan, preset } = this
    const { batchSize, recordSide, side } = this.sizes
    const started = performance.now()
    const recipe = recipeOf(preset)
    for (let row = 0; row < batchSize; row++) {
      const drawn = drawOperations(recipe, recordSide, side, SeededRandom.stream(step, 'augment', row))
      batch.boxes.set(packDrawn(plan, drawn, { recordSide, side }, batch.augment, row), row * 4)
    }
    this.drawTimes.push(performance.now() - started)
    return batch
  }

  get drawMs(): number {
    return median(this.drawTimes)
  }
}

/** Milliseconds of each batch through a graph that only augments; one number leaves it, so that no copy is timed. */
async function augmentationTimes(batches: AugmentedBatches, plan: AugmentPlan, sizes: Sizes, steps: number) {
  const { batchSize, recordSide, side } = sizes
  const shapes = [...augmentInputShapes(plan, batchSize)]
  const session = await compileProgram({
    variables: [],
    precision: 'fp32',
    signatures: {
      augment: {
        inputs: {
          images: { dtype: dtypes.uint8, shape: [batchSize, recordSide, recordSide, 3] },
          boxes: { dtype: dtypes.float32, shape: [batchSize, 4] },
          ...Object.fromEntries(shapes.map(([name, shape]) => [name, { dtype: dtypes.float32, shape }])),
        },
        build: (_, input) => ({
          mean: tf.mean(augmentedInput(input('images'), input('boxes'), input, { plan, side, normalize })),
        }),
      },
    },
  })
  try {
    const times: number[] = []
    for (let step = 1; step <= warmupSteps + steps; step++) {
      const started = performance.now()
      const { images, boxes, augment } = batches.draw(step)
      session.run('augment', { images, boxes, ...Object.fromEntries(augment) })
      if (step > warmupSteps) times.push(performance.now() - started)
    }
    return times
  } finally {
    session.dispose()
  }
}

/**
 * What augmentation costs, alone and within training steps; augmented and plain steps take turns.
 * @throws VitrineError `invalid-input` for a model or size that doesn't exist
 */
export async function benchAugmentation(
  options: Pick<BenchOptions, 'model' | 'image' | 'batch' | 'steps' | 'precision'> & { preset: AugmentPreset },
): Promise<AugmentationRates> {
  const model = benchSizes(options)
  const { batch: batchSize, steps, preset, precision } = options
  const sizes = { batchSize, side: options.image, recordSide: Math.round(options.image * recordScale) }
  const plan = augmentPlan(recipeOf(preset), sizes.side)
  const plainPlan = augmentPlan(recipeOf('none'), sizes.side)
  const augmented = new AugmentedBatches(preset, plan, sizes)
  const plain = new AugmentedBatches('none', plainPlan, sizes)
  const alone = await augmentationTimes(augmented, plan, sizes, steps)

  const train = trainSchema.parse({ batchSize })
  const facts = { sizes: model, recordSide: sizes.recordSide, normalize, classCounts: [] }
  const weights = initialWeights(model, new SeededRandom(1))
  const trainers = {
    plain: await CompiledTrainer.create(stepSettings(train, { ...facts, augment: plainPlan }), precision, weights),
    augmented: await CompiledTrainer.create(stepSettings(train, { ...facts, augment: plan }), precision, weights),
  }
  const timed = (name: keyof typeof trainers, batch: TrainingBatch, step: number) => {
    const started = performance.now()
    trainers[name].step([{ batch, mix: null, seed: step }], train.optimizer.lr, step)
    return performance.now() - started
  }
  const pairs: { plainMs: number; augmentedMs: number }[] = []
  for (let step = 1; step <= warmupSteps + steps; step++) {
    const plainMs = timed('plain', plain.draw(step), step)
    const augmentedMs = timed('augmented', augmented.draw(step), step)
    if (step > warmupSteps) pairs.push({ plainMs, augmentedMs })
  }
  trainers.plain.dispose()
  trainers.augmented.dispose()
  return {
    imagesPerSecond: (batchSize * 1000) / median(alone),
    drawMs: augmented.drawMs,
    plainStepMs: median(pairs.map(({ plainMs }) => plainMs)),
    augmentedStepMs: median(pairs.map(({ augmentedMs }) => augmentedMs)),
    shareOfStep: median(pairs.map(({ plainMs, augmentedMs }) => augmentedMs / plainMs - 1)),
  }
}
