import { expect, test } from 'vitest'
import { trainSchema } from '@shared/config/trainConfig'
import { SeededRandom } from '@shared/random'
import { tf } from '@engine/backend/tensorflow'
import { Graph } from '@engine/graph/graph'
import { compileProgram } from '@engine/graph/program'
import { trace } from '@engine/graph/trace'
import { CompiledTrainer } from '@engine/train/compiledTrainer'
import { EagerTrainer } from '@engine/train/eagerTrainer'
import { stepSettings, type StepSettings } from '@engine/train/stepSettings'
import type { BatchMix, StepBatch, Trainer, TrainingBatch } from '@engine/train/trainer'
import { trainingProgram } from '@engine/train/trainingProgram'
import { initialWeights } from '@engine/vit/initialisation'
import type { Weights } from '@engine/vit/parameters'
import { modelSizes } from '../support/modelSizes'

const train = trainSchema.parse({ batchSize: 6, labelSmoothing: 0.1, clipGradNorm: 1, optimizer: { lr: 1e-3 } })

const settings = stepSettings(train, {
  sizes: modelSizes({
    embedDim: 32,
    depth: 3,
    numHeads: 4,
    mlpRatio: 2,
    numClasses: 5,
    dropout: 0.1,
    attentionDropout: 0.1,
    dropPath: 0.1,
  }),
  recordSide: 20,
  normalize: { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] },
  classCounts: [2, 1, 1, 1, 1],
})

function batchOf(count: number, seed = 2): TrainingBatch {
  const random = new SeededRandom(seed)
  return {
    images: Uint8Array.from({ length: 6 * 20 * 20 * 3 }, () => random.below(256)),
    boxes: Float32Array.from({ length: 24 }, (_, index) => [0, 0.9, 0.8, 0.1][index % 4] ?? 0),
    labels: Int32Array.of(0, 1, 2, 3, 4, 0),
    count,
  }
}

const batch = () => batchOf(5)
const plain = (seed: number): StepBatch[] => [{ batch: batch(), mix: null, seed }]
const weights = () => initialWeights(settings.sizes, new SeededRandom(1))

const mixup: BatchMix = { kind: 'mixup', weight: 0.7, box: [0, 0, 0, 0] }
const cutmix: BatchMix = { kind: 'cutmix', weight: 1 - 48 / 256, box: [2, 4, 8, 12] }

function difference(a: Weights, b: Weights): number {
  expect([...a.keys()].sort()).toEqual([...b.keys()].sort())
  let largest = 0
  for (const [name, { data }] of a) {
    // The keys' third of each joint bias has no true gradient: only rounding moves it.
    const keys = name.endsWith('qkv.bias') ? [data.length / 3, (2 * data.length) / 3] : [0, 0]
    data.forEach((value, index) => {
      const counts = index < (keys[0] ?? 0) || index >= (keys[1] ?? 0)
      if (counts) largest = Math.max(largest, Math.abs(value - (b.get(name)?.data[index] ?? NaN)))
    })
  }
  return largest
}

const mean = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0) / values.length

const variants: [string, Partial<StepSettings>, (BatchMix | null)[]][] = [
  ['AdamW with dropout', {}, [null]],
  ['Adam', { optimizer: { ...train.optimizer, name: 'adam' } }, [null]],
  ['SGD', { optimizer: { ...train.optimizer, name: 'sgd', lr: 0.05 } }, [null]],
  ['LAMB', { optimizer: { ...train.optimizer, name: 'lamb', decayNormAndBias: false } }, [null]],
  ['layer decay and spared tokens', { optimizer: { ...train.optimizer, layerDecay: 0.7, decayTokens: false } }, [null]],
  ['a frozen start', { freeze: 'first-blocks', frozenBlocks: 2, ema: { decay: 0.9 } }, [null]],
  ['only the head', { freeze: 'all-but-head' }, [null]],
  [
    'class weights, mixup and a moving average',
    { mixes: true, classWeights: [0.5, 1, 2, 1, 3], ema: { decay: 0.8 } },
    [mixup],
  ],
  ['cutmix', { mixes: true }, [cutmix]],
  ['accumulation', { gradAccumulation: 3, mixes: true, ema: { decay: 0.9 } }, [null, cutmix, mixup]],
]

test.each(variants)('compiled and eager training agree: %s', async (_, changes, mixes) => {
  const before = tf.memory().numTensors
  const changed = { ...settings, ...changes }
  const compiled = await CompiledTrainer.create(changed, 'fp32', weights())
  const eager = new EagerTrainer(changed, weights())
  for (let step = 1; step <= 4; step++) {
    const batches = mixes.map((mix, index) => ({ batch: batchOf(5 + (index % 2), step), mix, seed: 10 * step + index }))
    const a = compiled.step(batches, changed.optimizer.lr, step)
    const b = eager.step(batches, changed.optimizer.lr, step)
    expect(Math.abs(a.loss - b.loss)).toBeLessThan(1e-5)
    expect(Math.abs(a.gradNorm / b.gradNorm - 1)).toBeLessThan(1e-4)
    expect([a.correct, a.applied]).toEqual([b.correct, true])
  }
  const sets = changed.ema === null ? (['raw'] as const) : (['raw', 'average'] as const)
  for (const set of sets) {
    expect(difference(compiled.weights(set), eager.weights(set))).toBeLessThan(1e-4)
    const a = compiled.evaluate(batch(), set)
    const b = eager.evaluate(batch(), set)
    expect(a.logits).toHaveLength(30)
    expect(Math.abs(mean(a.losses) - mean(b.losses))).toBeLessThan(1e-4)
  }
  expect(difference(compiled.optimizerState(), eager.optimizerState())).toBeLessThan(1e-4)
  compiled.dispose()
  eager.dispose()
  expect(tf.memory().numTensors).toBe(before)
})

test('frozen parameters stay as they are and keep no state', async () => {
  const frozen = { ...settings, freeze: 'first-blocks', frozenBlocks: 2, ema: { decay: 0.5 } } as const
  const trainer = await CompiledTrainer.create(frozen, 'fp32', weights())
  trainer.step(plain(1), 1e-2, 1)
  const after = trainer.weights()
  const changed = [...weights()].filter(([name, { data }]) => data.join() !== after.get(name)?.data.join())
  const names = changed.map(([name]) => name)
  expect(names).toHaveLength(12 + 4)
  expect(names.every((name) => /^(blocks\.2|norm|head)\./.test(name))).toBe(true)
  const state = [...trainer.optimizerState().keys()]
  expect(state.sort()).toEqual(names.flatMap((name) => [`exp_avg.${name}`, `exp_avg_sq.${name}`, `ema.${name}`]).sort())
  expect(trainer.weights('average').get('cls_token')).toEqual(after.get('cls_token'))
  trainer.dispose()
})

test('frozen layers have no backward pass', async () => {
  const bytes = async (changes: Partial<StepSettings>) => {
    const session = await compileProgram({ ...trainingProgram({ ...settings, ...changes }), precision: 'fp32' })
    session.dispose()
    return session.graphBytes
  }
  const whole = await bytes({})
  const some = await bytes({ freeze: 'first-blocks', frozenBlocks: 2 })
  const head = await bytes({ freeze: 'all-but-head' })
  expect(some).toBeLessThan(0.7 * whole)
  // What is left is the forward pass of the step, that of the evaluation, and the variables.
  expect(head).toBeLessThan(0.5 * whole)
})

test('three batches with 4, 6 and 2 images are one batch of 12', async () => {
  const undropped = { ...settings.sizes, dropout: 0, attentionDropout: 0, dropPath: 0 }
  const classWeights = [0.5, 1, 2, 1, 3]
  const parts = [batchOf(4, 3), batchOf(6, 4), batchOf(2, 5)]
  const pick = (values: (part: TrainingBatch) => Uint8Array | Float32Array | Int32Array, each: number) =>
    parts.flatMap((part) => [...values(part).subarray(0, part.count * each)])
  const whole: TrainingBatch = {
    images: Uint8Array.from(pick(({ images }) => images, 1200)),
    boxes: Float32Array.from(pick(({ boxes }) => boxes, 4)),
    labels: Int32Array.from(pick(({ labels }) => labels, 1)),
    count: 12,
  }
  const one = await CompiledTrainer.create(
    { ...settings, sizes: undropped, classWeights, batchSize: 12 },
    'fp32',
    weights(),
  )
  const several = await CompiledTrainer.create(
    { ...settings, sizes: undropped, classWeights, gradAccumulation: 3 },
    'fp32',
    weights(),
  )
  for (let step = 1; step <= 3; step++) {
    const a = one.step([{ batch: whole, mix: null, seed: step }], 1e-3, step)
    const b = several.step(
      parts.map((part) => ({ batch: part, mix: null, seed: step })),
      1e-3,
      step,
    )
    expect(Math.abs(a.loss - b.loss)).toBeLessThan(1e-5)
    expect(Math.abs(a.gradNorm / b.gradNorm - 1)).toBeLessThan(1e-5)
    expect(a.correct).toBe(b.correct)
  }
  expect(difference(one.weights(), several.weights())).toBeLessThan(1e-5)
  one.dispose()
  several.dispose()
})

test.each([1, 2])(
  'a step that is not finite changes nothing, and training goes on: %i batches',
  async (gradAccumulation) => {
    const guarded = { ...settings, gradAccumulation, ema: { decay: 0.9 }, optimizer: { ...train.optimizer } }
    const trainer = await CompiledTrainer.create(guarded, 'fp32', weights())
    const batches = (seed: number) => Array.from({ length: gradAccumulation }, () => plain(seed)).flat()
    trainer.step(batches(1), 1e-3, 1)
    const good = { raw: trainer.weights(), state: trainer.optimizerState() }
    const broken = new Map(good.raw)
    const patches = good.raw.get('patch_embed.proj.bias')
    broken.set('patch_embed.proj.bias', { shape: [32], data: Float32Array.from(patches?.data ?? []).fill(NaN, 3, 4) })
    trainer.setWeights(broken)
    const failed = trainer.step(batches(2), 1e-3, 2)
    expect(failed.applied).toBe(false)
    expect(failed.loss).toBeNaN()
    expect(trainer.weights()).toEqual(broken)
    expect(trainer.optimizerState()).toEqual(good.state)
    trainer.setWeights(good.raw)
    const next = trainer.step(batches(2), 1e-3, 2)
    expect(next.applied).toBe(true)

    const undisturbed = await CompiledTrainer.create(guarded, 'fp32', weights())
    undisturbed.step(batches(1), 1e-3, 1)
    expect(undisturbed.step(batches(2), 1e-3, 2)).toEqual(next)
    expect(undisturbed.weights()).toEqual(trainer.weights())
    undisturbed.dispose()
    trainer.dispose()
  },
)

test('weights and optimizer state carry a run over to another trainer', async () => {
  const kept = { ...settings, ema: { decay: 0.9 } }
  const make = () => CompiledTrainer.create(kept, 'fp32', weights())
  const steps = (trainer: Trainer, from: number) =>
    [from, from + 1].map((step) => trainer.step(plain(step), 1e-3, step).loss)
  const first = await make()
  steps(first, 1)
  const second = await make()
  second.setWeights(first.weights())
  second.setOptimizerState(first.optimizerState())
  expect(steps(second, 3)).toEqual(steps(first, 3))
  expect(second.weights('average')).toEqual(first.weights('average'))
  first.dispose()
  second.dispose()
})

test('the same seed gives the same losses, another seed others', async () => {
  const losses = async (seed: number) => {
    const trainer = await CompiledTrainer.create(settings, 'fp32', weights())
    const seen = [1, 2, 3].map((step) => trainer.step(plain(seed + step), 1e-3, step).loss)
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
  const first = trainer.step(plain(1), 3e-3, 1).loss
  expect(Math.abs(first - reference.step(plain(1), 3e-3, 1).loss)).toBeLessThan(0.05)
  let last = first
  for (let step = 2; step <= 30; step++) last = trainer.step(plain(step), 3e-3, step).loss
  expect(last).toBeLessThan(first / 2)
  trainer.dispose()
  reference.dispose()
})

test('reading a value while tracing is an error', () => {
  const read = () => trace(new Graph(), () => tf.add(tf.scalar(1), tf.scalar(2)).dataSync())
  expect(read).toThrow('read while tracing')
})
