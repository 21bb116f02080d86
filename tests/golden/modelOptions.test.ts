import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { vitSizesSchema, type VitSizes } from '@shared/config/modelConfig'
import { trainSchema } from '@shared/config/trainConfig'
import { countParameters } from '@shared/model/size'
import { tf, type Tensor } from '@engine/backend/tensorflow'
import { readNpy } from '@engine/formats/npy'
import { readSafetensors } from '@engine/formats/safetensors'
import { CompiledTrainer } from '@engine/train/compiledTrainer'
import { stepSettings, type StepSettings } from '@engine/train/stepSettings'
import type { TrainingBatch } from '@engine/train/trainer'
import { inferSizes } from '@engine/vit/inferSizes'
import { parameterSpecs, type Weights } from '@engine/vit/parameters'
import { forward } from '@engine/vit/vit'
import { lossGradients } from '../support/lossGradients'
import { modelSizes } from '../support/modelSizes'
import { goldenArray, goldenJson, goldenPath, largestDifference } from './fixture'

/** timm's values for the same weights and images; see `scripts/golden/model_options.py`. */

/** What a case doesn't say is the plain architecture's. */
const optionsSchema = vitSizesSchema.pick({
  norm: true,
  normPlace: true,
  positions: true,
  pooling: true,
  qkvBias: true,
  layerScale: true,
  registerTokens: true,
})

const casesSchema = z.object({
  lr: z.number(),
  weightDecay: z.number(),
  cases: z.record(
    z.string(),
    z.object({
      options: optionsSchema,
      parameters: z.array(z.string()),
      logits: z.array(z.array(z.number())),
      loss: z.number(),
      losses: z.array(z.number()),
    }),
  ),
})

const golden = casesSchema.parse(await goldenJson('model-options/cases.json'))
const cases = Object.entries(golden.cases)
const batchSize = 4

async function storedWeights(name: string): Promise<Weights> {
  const { tensors } = await readSafetensors(goldenPath(`model-options/${name}/weights.safetensors`))
  return new Map([...tensors].map(([key, { shape, data }]) => [key, { shape, data }]))
}

/** The model's parameters, in its order. */
async function caseWeights(name: string, sizes: VitSizes): Promise<Weights> {
  const stored = await storedWeights(name)
  return new Map(
    parameterSpecs(sizes).map(({ name: key, shape }) => {
      const weight = stored.get(key)
      expect(weight?.shape, key).toEqual(shape)
      return [key, { shape, data: weight?.data ?? new Float32Array() }]
    }),
  )
}

async function trainingImages(): Promise<{ images: Uint8Array; labels: Int32Array }> {
  const { data: images } = await readNpy(goldenPath('model-options/images.npy'))
  const labels = Int32Array.from((await goldenArray('model-options/labels.npy')).data)
  return { images: Uint8Array.from(images), labels }
}

async function firstBatch(): Promise<{ pixels: Tensor; labels: Tensor }> {
  const { images, labels } = await trainingImages()
  const values = Float32Array.from(images.subarray(0, batchSize * 16 * 16 * 3), (byte) => (byte / 255 - 0.5) / 0.25)
  return {
    pixels: tf.tensor(values, [batchSize, 16, 16, 3]),
    labels: tf.tensor1d(labels.subarray(0, batchSize), 'int32'),
  }
}

function trainingBatch(images: Uint8Array, labels: Int32Array, index: number): TrainingBatch {
  const bytes = batchSize * 16 * 16 * 3
  return {
    images: images.slice(index * bytes, (index + 1) * bytes),
    boxes: Float32Array.from({ length: 4 * batchSize }, (_, i) => (i % 4 < 2 ? 0 : 1)),
    labels: labels.slice(index * batchSize, (index + 1) * batchSize),
    count: batchSize,
  }
}

function settingsFor(sizes: VitSizes): StepSettings {
  const train = trainSchema.parse({ batchSize, optimizer: { lr: golden.lr, weightDecay: golden.weightDecay } })
  const normalize = { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] }
  return stepSettings(train, { sizes, recordSide: 16, normalize, classCounts: [1, 1, 1] })
}

describe.each(cases)('%s', (name, { options, parameters, logits, loss, losses }) => {
  const sizes = modelSizes(options)

  it('has timm’s parameters, in timm’s order', () => {
    const specs = parameterSpecs(sizes)
    expect(specs.map((spec) => spec.name)).toEqual(parameters)
    const numbers = specs.reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0)
    expect(countParameters(sizes)).toBe(numbers)
  })

  it('gives timm’s logits, with a tap and without', async () => {
    const weights = await caseWeights(name, sizes)
    const { pixels } = await firstBatch()
    const run = (withTap: boolean) =>
      tf.tidy(() => {
        const parameter = (key: string) => {
          const weight = weights.get(key)
          if (weight === undefined) throw new Error(`no parameter ${key}`)
          return tf.tensor(weight.data, [...weight.shape])
        }
        return forward(pixels, sizes, withTap ? { parameter, tap: () => undefined } : { parameter }).dataSync()
      })
    for (const withTap of [false, true]) {
      expect(largestDifference(run(withTap), logits.flat()), `with a tap: ${withTap}`).toBeLessThan(1e-4)
    }
  })

  it('gives timm’s loss and gradients', async () => {
    const weights = await caseWeights(name, sizes)
    const { pixels, labels } = await firstBatch()
    const tensors = new Map(
      [...weights].map(([key, { shape, data }]): [string, Tensor] => [key, tf.tensor(data, [...shape])]),
    )
    const found = lossGradients(sizes, tensors, pixels, labels)
    expect(Math.abs(found.loss / loss - 1)).toBeLessThan(1e-5)
    const expected = await readSafetensors(goldenPath(`model-options/${name}/gradients.safetensors`))
    expect([...expected.tensors.keys()].sort()).toEqual([...found.gradients.keys()].sort())
    for (const [key, gradient] of found.gradients) {
      const difference = largestDifference(gradient.dataSync(), expected.tensors.get(key)?.data ?? [])
      expect(difference, key).toBeLessThan(1e-4)
    }
  })

  it('has PyTorch’s losses over 20 AdamW steps of the compiled graph', async () => {
    const { images, labels } = await trainingImages()
    const trainer = await CompiledTrainer.create(settingsFor(sizes), 'fp32', await caseWeights(name, sizes))
    const found = losses.map((_, index) => {
      const batch = trainingBatch(images, labels, index % (labels.length / batchSize))
      return trainer.step([{ batch, mix: null, seed: index }], golden.lr, index + 1).loss
    })
    trainer.dispose()
    expect(losses).toHaveLength(20)
    expect(Math.abs(losses[19] ?? 0)).toBeLessThan(losses[0] ?? 0)
    losses.forEach((expected, index) =>
      expect(Math.abs((found[index] ?? NaN) / expected - 1), `step ${index + 1}`).toBeLessThan(1e-4),
    )
  })
})

/** Post-norm leaves no trace in the tensors, and a file without positions doesn't give the images' size. */
const inferred = cases.filter(([, { options }]) => options.normPlace !== 'post' && options.positions === 'learned')

it.each(inferred)('%s: the architecture is seen in the tensors', async (name, { options }) => {
  const { layerScale, ...sizes } = inferSizes(await storedWeights(name), 2, name)
  const { layerScale: wanted, ...expected } = modelSizes(options)
  expect(sizes).toEqual(expected)
  expect(layerScale === null).toBe(wanted === null)
})
