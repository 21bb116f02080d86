import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { trainSchema, type TrainConfig } from '@shared/config/trainConfig'
import { learningRatePlan } from '@shared/schedule'
import { readNpy } from '@engine/formats/npy'
import { CompiledTrainer } from '@engine/train/compiledTrainer'
import { stepSettings, type StepSettings } from '@engine/train/stepSettings'
import type { StepBatch, TrainingBatch } from '@engine/train/trainer'
import { readCheckpoint } from '@engine/vit/checkpoint'
import { goldenJson, goldenPath, largestDifference } from './fixture'

/** 20 steps with each option against PyTorch and timm in float64; see `scripts/golden/train.py`. */

const numbers = z.array(z.number())
const mix = z.strictObject({
  kind: z.enum(['mixup', 'cutmix']),
  weight: z.number(),
  box: z.tuple([z.int(), z.int(), z.int(), z.int()]),
})
const part = z.strictObject({ batch: z.int(), count: z.int(), mix: mix.nullable().default(null) })
type Part = z.output<typeof part>

const cases = z
  .array(
    z.strictObject({
      name: z.string(),
      train: trainSchema,
      steps: z.array(z.array(part)),
      losses: numbers,
      gradNorms: numbers,
      rates: numbers,
      logits: z.array(numbers),
      averageLogits: z.array(numbers).optional(),
    }),
  )
  .parse(await goldenJson('train/cases.json'))

const checkpoint = await readCheckpoint(goldenPath('train/weights.safetensors'), { heads: 3 })
const { sizes } = checkpoint
const pixels = Uint8Array.from((await readNpy(goldenPath('train/images.npy'))).data, Number)
const labels = Int32Array.from((await readNpy(goldenPath('train/labels.npy'))).data, Number)
const batchSize = 6
const [epochs, stepsPerEpoch] = [5, 4]

/** One of the four batches, with images that don't count behind the first `count`. */
function batchOf(index: number, count: number): TrainingBatch {
  const first = (index % 4) * batchSize
  const imageBytes = sizes.imageSize ** 2 * 3
  const images = new Uint8Array(batchSize * imageBytes).fill(255)
  images.set(pixels.subarray(first * imageBytes, (first + count) * imageBytes))
  const ownLabels = new Int32Array(batchSize)
  ownLabels.set(labels.subarray(first, first + count))
  const boxes = Float32Array.from({ length: batchSize * 4 }, (_, at) => (at % 4 < 2 ? 0 : 1))
  return { images, boxes, labels: ownLabels, count }
}

function settingsOf(train: TrainConfig): StepSettings {
  const classCounts = Array.from({ length: 5 }, (_, label) => labels.filter((other) => other === label).length)
  return stepSettings(
    { ...train, batchSize },
    { sizes, recordSide: sizes.imageSize, normalize: { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] }, classCounts },
  )
}

function stepBatch({ batch, count, mix }: Part): StepBatch {
  return { batch: batchOf(batch, count), mix, seed: 0 }
}

function relativeDifference(found: number, expected: number): number {
  return Math.abs(found / expected - 1)
}

describe('20 steps equal PyTorch’s', () => {
  it.each(cases)('$name', async (golden) => {
    const { optimizer, schedule } = golden.train
    const plan = learningRatePlan(schedule, optimizer.lr, epochs, stepsPerEpoch)
    const trainer = await CompiledTrainer.create(settingsOf(golden.train), 'fp32', checkpoint.weights)
    golden.steps.forEach((parts, index) => {
      const rate = plan.rateAt(1 + Math.floor(index / stepsPerEpoch), index % stepsPerEpoch)
      const { loss, gradNorm, applied } = trainer.step(parts.map(stepBatch), rate, index + 1)
      const step = `step ${index + 1}`
      expect(applied, step).toBe(true)
      expect(relativeDifference(rate, golden.rates[index] ?? NaN), step).toBeLessThan(1e-8)
      expect(relativeDifference(loss, golden.losses[index] ?? NaN), step).toBeLessThan(1e-4)
      expect(relativeDifference(gradNorm, golden.gradNorms[index] ?? NaN), step).toBeLessThan(1e-3)
    })
    const evaluated = trainer.evaluate(batchOf(0, batchSize)).logits
    expect(largestDifference(evaluated, golden.logits.flat())).toBeLessThan(1e-3)
    if (golden.averageLogits !== undefined) {
      const averaged = trainer.evaluate(batchOf(0, batchSize), 'average').logits
      expect(largestDifference(averaged, golden.averageLogits.flat())).toBeLessThan(1e-3)
      expect(largestDifference(averaged, evaluated)).toBeGreaterThan(1e-2)
    }
    trainer.dispose()
  })
})
