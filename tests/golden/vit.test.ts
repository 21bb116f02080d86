import { expect, test } from 'vitest'
import { trainSchema } from '@shared/config/trainConfig'
import { tf, type Tensor } from '@engine/backend/tensorflow'
import { readSafetensors } from '@engine/formats/safetensors'
import { optimizerFor } from '@engine/train/optimizers/choose'
import { scalarTensors, stepScalars } from '@engine/train/optimizers/optimizer'
import { trainedParameters } from '@engine/train/parameterGroups'
import { readCheckpoint } from '@engine/vit/checkpoint'
import { parameterSpecs } from '@engine/vit/parameters'
import { Predictor } from '@engine/vit/predictor'
import { lossGradients } from '../support/lossGradients'
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
  const config = trainSchema.parse({ optimizer: { lr: 1e-3 } }).optimizer
  const optimizer = optimizerFor(config)
  const groups = trainedParameters(parameterSpecs(sizes), { freeze: 'none', frozenBlocks: 0, optimizer: config, sizes })
  let parameters = new Map(
    [...checkpoint.weights].map(([name, { shape, data }]): [string, Tensor] => [name, tf.tensor(data, [...shape])]),
  )
  let states = new Map([...parameters].map(([name, tensor]) => [name, [tf.zerosLike(tensor), tf.zerosLike(tensor)]]))
  for (const step of [1, 2, 3]) {
    const { gradients } = lossGradients(sizes, parameters, input, labels)
    if (step === 1) {
      for (const [name, gradient] of gradients) {
        const golden = expected.tensors.get(name)
        expect(golden, name).toBeDefined()
        expect(largestDifference(gradient.dataSync(), golden?.data ?? []), name).toBeLessThan(1e-4)
      }
    }
    const scalars = scalarTensors(stepScalars(config, 1e-3, step))
    const next = new Map<string, Tensor>()
    const nextStates: typeof states = new Map()
    for (const group of groups) {
      const parameter = parameters.get(group.name)
      const gradient = gradients.get(group.name)
      const state = states.get(group.name)
      if (parameter === undefined || gradient === undefined || state === undefined) {
        throw new Error(`nothing to update ${group.name} with`)
      }
      const after = optimizer.update(group, { parameter, state, gradient, scalars })
      next.set(group.name, after.parameter)
      nextStates.set(group.name, after.state)
    }
    parameters = next
    states = nextStates
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
