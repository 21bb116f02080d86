import { expect, test } from 'vitest'
import type { OptimizerConfig, VitSizes } from '@shared/config/runConfig'
import { tf, type Tensor } from '@engine/backend/tensorflow'
import { crossEntropy } from '@engine/backend/ops/crossEntropy'
import { readSafetensors } from '@engine/formats/safetensors'
import { adamScalars, adamWUpdate } from '@engine/train/optimizer'
import { readCheckpoint } from '@engine/vit/checkpoint'
import { Predictor } from '@engine/vit/predictor'
import { forward } from '@engine/vit/vit'
import { goldenArray, goldenPath, largestDifference } from './fixture'

/** PyTorch's values for the same weights and images; see `scripts/golden/make.py`. */

async function model() {
  const checkpoint = await readCheckpoint(goldenPath('vit-small/weights.safetensors'), { heads: 4 })
  const input = await goldenArray('vit-small/input.npy')
  return { checkpoint, pixels: Float32Array.from(input.data), batch: input.shape[0] ?? 0 }
}

test('logits equal PyTorch’s', async () => {
  const { checkpoint, pixels, batch } = await model()
  const predictor = await Predictor.open(checkpoint)
  const logits = await predictor.predict(pixels, batch)
  predictor.dispose()
  expect(largestDifference(logits, (await goldenArray('vit-small/logits.npy')).data)).toBeLessThan(1e-4)
})

test('attention of every layer equals PyTorch’s', async () => {
  const { checkpoint, pixels, batch } = await model()
  const predictor = await Predictor.open(checkpoint)
  const { attention } = await predictor.attend(pixels, batch)
  predictor.dispose()
  const all = Float32Array.from(attention.flatMap((layer) => [...layer]))
  expect(largestDifference(all, (await goldenArray('vit-small/attention.npy')).data)).toBeLessThan(1e-4)
})

/** Cross-entropy of the golden batch and its gradients, for the given parameters. */
function gradientsOf(
  sizes: VitSizes,
  parameters: ReadonlyMap<string, Tensor>,
  pixels: Tensor,
  labels: Tensor,
): Map<string, Tensor> {
  const names = [...parameters.keys()]
  const { value, grads } = tf.valueAndGrads((...values: Tensor[]) => {
    const byName = new Map(names.map((name, index) => [name, values[index]]))
    const logits = forward(pixels, sizes, {
      parameter: (name) => {
        const tensor = byName.get(name)
        if (tensor === undefined) throw new Error(`no parameter ${name}`)
        return tensor
      },
    })
    return tf.mean(crossEntropy(logits, labels, 0)).asScalar()
  })([...parameters.values()])
  value.dispose()
  return new Map(
    names.map((name, index): [string, Tensor] => {
      const gradient = grads[index]
      if (gradient === undefined) throw new Error(`no gradient of ${name}`)
      return [name, gradient]
    }),
  )
}

/** Without the keys' third of each joint bias: its true gradient is zero, so only rounding is left of it. */
function comparable(name: string, values: ArrayLike<number>): number[] {
  const all = Array.from(values)
  if (!name.endsWith('qkv.bias')) return all
  const third = all.length / 3
  return [...all.slice(0, third), ...all.slice(2 * third)]
}

test('gradients and three AdamW steps equal PyTorch’s', async () => {
  const { checkpoint, pixels, batch } = await model()
  const { sizes } = checkpoint
  const side = sizes.imageSize
  const input = tf.transpose(tf.tensor(pixels, [batch, 3, side, side]), [0, 2, 3, 1])
  const labels = tf.tensor1d(Int32Array.from((await goldenArray('vit-small/labels.npy')).data), 'int32')
  const expected = await readSafetensors(goldenPath('vit-small/gradients.safetensors'))
  const config: OptimizerConfig = {
    name: 'adamw',
    lr: 1e-3,
    betas: [0.9, 0.999],
    eps: 1e-8,
    weightDecay: 0.05,
    decayNormAndBias: true,
  }
  let parameters = new Map(
    [...checkpoint.weights].map(([name, { shape, data }]): [string, Tensor] => [name, tf.tensor(data, [...shape])]),
  )
  let moments = new Map(
    [...parameters].map(([name, tensor]) => [name, { first: tf.zerosLike(tensor), second: tf.zerosLike(tensor) }]),
  )
  for (const step of [1, 2, 3]) {
    const gradients = gradientsOf(sizes, parameters, input, labels)
    if (step === 1) {
      for (const [name, gradient] of gradients) {
        const golden = expected.tensors.get(name)
        expect(golden, name).toBeDefined()
        expect(largestDifference(gradient.dataSync(), golden?.data ?? []), name).toBeLessThan(1e-4)
      }
    }
    const next = new Map<string, Tensor>()
    const nextMoments: typeof moments = new Map()
    for (const [name, parameter] of parameters) {
      const gradient = gradients.get(name)
      const before = moments.get(name)
      if (gradient === undefined || before === undefined) throw new Error(`nothing to update ${name} with`)
      const after = adamWUpdate(parameter, before, gradient, adamScalars(config, 1e-3, step), config)
      next.set(name, after.parameter)
      nextMoments.set(name, { first: after.first, second: after.second })
    }
    parameters = next
    moments = nextMoments
    const golden = await readSafetensors(goldenPath(`adamw/after-adamw-${step}.safetensors`))
    for (const [name, parameter] of parameters) {
      const difference = largestDifference(
        comparable(name, parameter.dataSync()),
        comparable(name, golden.tensors.get(name)?.data ?? []),
      )
      expect(difference, `${name} after step ${step}`).toBeLessThan(1e-4)
    }
  }
})
