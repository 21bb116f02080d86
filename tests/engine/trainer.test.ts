import { expect, test } from 'vitest'
import { SeededRandom } from '@shared/random'
import { tf } from '@engine/backend/tensorflow'
import { Graph } from '@engine/graph/graph'
import { trace } from '@engine/graph/trace'
import { CompiledTrainer } from '@engine/train/compiledTrainer'
import { EagerTrainer } from '@engine/train/eagerTrainer'
import type { StepSettings } from '@engine/train/step'
import type { TrainingBatch } from '@engine/train/trainer'
import { initialWeights } from '@engine/vit/parameters'

const settings: StepSettings = {
  sizes: {
    imageSize: 16,
    channels: 3,
    patchSize: 4,
    embedDim: 32,
    depth: 3,
    numHeads: 4,
    mlpRatio: 2,
    numClasses: 5,
    dropout: 0.1,
    attentionDropout: 0.1,
    dropPath: 0.1,
  },
  batchSize: 6,
  recordSide: 20,
  normalize: { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] },
  labelSmoothing: 0.1,
  clipGradNorm: 1,
  optimizer: { name: 'adamw', lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0.05, decayNormAndBias: true },
}

function batch(): TrainingBatch {
  const random = new SeededRandom(2)
  return {
    images: Uint8Array.from({ length: 6 * 20 * 20 * 3 }, () => random.below(256)),
    boxes: Float32Array.from({ length: 24 }, (_, index) => [0, 0.9, 0.8, 0.1][index % 4] ?? 0),
    labels: Int32Array.of(0, 1, 2, 3, 4, 0),
    count: 5,
  }
}

const weights = () => initialWeights(settings.sizes, new SeededRandom(1))

test('compiled and eager training agree, dropout included, and leave no tensors', async () => {
  const before = tf.memory().numTensors
  const compiled = await CompiledTrainer.create(settings, 'fp32', weights())
  const eager = new EagerTrainer(settings, weights())
  for (let step = 1; step <= 4; step++) {
    const a = compiled.step(batch(), 1e-3, step, step)
    const b = eager.step(batch(), 1e-3, step, step)
    expect(Math.abs(a.loss - b.loss)).toBeLessThan(1e-5)
    expect(a.correct).toBe(b.correct)
  }
  const evaluated = compiled.evaluate(batch())
  expect(Math.abs(evaluated.lossSum - eager.evaluate(batch()).lossSum)).toBeLessThan(1e-4)
  compiled.dispose()
  eager.dispose()
  expect(tf.memory().numTensors).toBe(before)
})

test('the same seed gives the same losses, another seed others', async () => {
  const losses = async (seed: number) => {
    const trainer = await CompiledTrainer.create(settings, 'fp32', weights())
    const seen = [1, 2, 3].map((step) => trainer.step(batch(), 1e-3, step, seed + step).loss)
    trainer.dispose()
    return seen
  }
  const first = await losses(1)
  expect(await losses(1)).toEqual(first)
  expect(await losses(100)).not.toEqual(first)
})

test('bf16 training follows fp32 closely and learns', async () => {
  const trainer = await CompiledTrainer.create({ ...settings, labelSmoothing: 0 }, 'bf16', weights())
  const reference = await CompiledTrainer.create({ ...settings, labelSmoothing: 0 }, 'fp32', weights())
  const first = trainer.step(batch(), 3e-3, 1, 1).loss
  expect(Math.abs(first - reference.step(batch(), 3e-3, 1, 1).loss)).toBeLessThan(0.05)
  let last = first
  for (let step = 2; step <= 30; step++) last = trainer.step(batch(), 3e-3, step, step).loss
  expect(last).toBeLessThan(first / 2)
  trainer.dispose()
  reference.dispose()
})

test('reading a value while tracing is an error', () => {
  const read = () => trace(new Graph(), () => tf.add(tf.scalar(1), tf.scalar(2)).dataSync())
  expect(read).toThrow('read while tracing')
})
