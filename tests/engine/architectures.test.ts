import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { VitSizes } from '@shared/config/modelConfig'
import { trainSchema } from '@shared/config/trainConfig'
import { tokenCount } from '@shared/model/size'
import { SeededRandom } from '@shared/random'
import { tf, type Tensor } from '@engine/backend/tensorflow'
import { CompiledTrainer } from '@engine/train/compiledTrainer'
import { EagerTrainer } from '@engine/train/eagerTrainer'
import { stepSettings, type StepSettings } from '@engine/train/stepSettings'
import type { StepBatch, Trainer } from '@engine/train/trainer'
import { initialWeights } from '@engine/vit/initialisation'
import { collectTaps } from '@engine/vit/taps'
import { forward } from '@engine/vit/vit'
import { lossGradients } from '../support/lossGradients'
import { modelSizes } from '../support/modelSizes'

/** The choices of the architecture in the compiled step, with everything dropped that can be. */

const batchSize = 4
const architectures: [string, Partial<VitSizes>][] = [
  ['post-norm RMSNorm with registers', { normPlace: 'post', norm: 'rmsnorm', registerTokens: 2 }],
  ['mean pooling with fixed positions and LayerScale', { pooling: 'mean', positions: 'sinusoidal', layerScale: 0.1 }],
  ['no norms, no positions, no qkv bias', { normPlace: 'none', positions: 'none', qkvBias: false }],
]

function settingsFor(changes: Partial<VitSizes>): StepSettings {
  const sizes = modelSizes({ dropout: 0.1, attentionDropout: 0.1, dropPath: 0.2, ...changes })
  const normalize = { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] }
  return stepSettings(trainSchema.parse({ batchSize }), { sizes, recordSide: 16, normalize, classCounts: [1, 1, 1] })
}

function stepBatch(index: number): StepBatch {
  const random = new SeededRandom(index)
  return {
    batch: {
      images: Uint8Array.from({ length: batchSize * 16 * 16 * 3 }, () => random.below(256)),
      boxes: Float32Array.from({ length: 4 * batchSize }, (_, i) => (i % 4 < 2 ? 0 : 1)),
      labels: Int32Array.from({ length: batchSize }, () => random.below(3)),
      count: batchSize,
    },
    mix: null,
    seed: index,
  }
}

function threeLosses(trainer: Trainer): number[] {
  return [1, 2, 3].map((step) => trainer.step([stepBatch(step)], 1e-3, step).loss)
}

describe.each(architectures)('%s', (_, changes) => {
  const settings = settingsFor(changes)
  const weights = initialWeights(settings.sizes, new SeededRandom(1))
  let compiled: CompiledTrainer
  beforeAll(async () => {
    compiled = await CompiledTrainer.create(settings, 'fp32', weights)
  })
  afterAll(() => compiled.dispose())

  it('gives the same losses compiled as op by op', () => {
    const eager = new EagerTrainer(settings, weights)
    const expected = threeLosses(eager)
    eager.dispose()
    threeLosses(compiled).forEach((loss, index) => expect(loss).toBeCloseTo(expected[index] ?? NaN, 5))
  })

  it('starts in bf16 from nearly the same loss', async () => {
    const trainer = await CompiledTrainer.create(settings, 'bf16', weights)
    const [loss = NaN, ...later] = threeLosses(trainer)
    trainer.dispose()
    compiled.setWeights(weights)
    const [exact = NaN] = threeLosses(compiled)
    expect(Math.abs(loss / exact - 1)).toBeLessThan(0.02)
    expect(later.every(Number.isFinite)).toBe(true)
  })

  it('hands out the attention of every token, which sums to 1', () => {
    const { sizes } = settings
    const tokens = tokenCount(sizes)
    const { tap, collected } = collectTaps((name) => name.endsWith('.attn.weights'))
    const sums = tf.tidy(() => {
      const parameters = new Map(
        [...weights].map(([name, { shape, data }]): [string, Tensor] => [name, tf.tensor(data, [...shape])]),
      )
      const parameter = (name: string) => {
        const tensor = parameters.get(name)
        if (tensor === undefined) throw new Error(`no parameter ${name}`)
        return tensor
      }
      forward(tf.randomNormal([2, 16, 16, 3], 0, 1, 'float32', 1), sizes, { parameter, tap })
      return [...collected.values()].map((attention) => {
        expect(attention.shape).toEqual([2, sizes.numHeads, tokens, tokens])
        return Array.from(tf.sum(attention, -1).dataSync())
      })
    })
    expect(sums).toHaveLength(sizes.depth)
    for (const sum of sums.flat()) expect(sum).toBeCloseTo(1, 5)
  })
})

/** Norm of all gradients of a fresh model without norms. */
function gradientNorm(depth: number, initialisation: 'default' | 't-fixup'): number {
  const sizes = modelSizes({ normPlace: 'none', depth })
  const weights = initialWeights(sizes, new SeededRandom(1), initialisation)
  return tf.tidy(() => {
    const parameters = new Map(
      [...weights].map(([name, { shape, data }]): [string, Tensor] => [name, tf.tensor(data, [...shape])]),
    )
    const pixels = tf.randomNormal([8, 16, 16, 3], 0, 1, 'float32', 1)
    const labels = tf.tensor1d([0, 1, 2, 0, 1, 2, 0, 1], 'int32')
    const { gradients } = lossGradients(sizes, parameters, pixels, labels)
    return [...gradients.values()].reduce((sum, gradient) => Math.hypot(sum, tf.norm(gradient).dataSync()[0] ?? NaN), 0)
  })
}

it('T-Fixup keeps the gradients of a deep model without norms as small as those of a shallow one', () => {
  const growth = (initialisation: 'default' | 't-fixup') =>
    gradientNorm(24, initialisation) / gradientNorm(3, initialisation)
  expect(growth('t-fixup')).toBeLessThan(3)
  expect(growth('default')).toBeGreaterThan(1000)
})
