import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runConfigSchema } from '@shared/config/runConfig'
import { SeededRandom } from '@shared/random'
import { tf } from '@engine/backend/tensorflow'
import { readMetrics, readRunRecord } from '@engine/runs/runFolder'
import { CompiledTrainer } from '@engine/train/compiledTrainer'
import { checkpointPath } from '@engine/train/checkpoints'
import { notFiniteError, placeOfNonFinite } from '@engine/train/diagnose'
import { checkMemory } from '@engine/train/memoryCheck'
import { stepSettings } from '@engine/train/stepSettings'
import type { StepBatch } from '@engine/train/trainer'
import { readCheckpoint } from '@engine/vit/checkpoint'
import { initialWeights } from '@engine/vit/initialisation'
import { startingWeights } from '@engine/train/initialWeights'
import { temporaryFolder } from '../unit/formats/temporaryFolder'
import { stepLosses, tinyConfig, tinyDataset, trainTiny } from './tinyTraining'
import { modelSizes } from '../support/modelSizes'

async function places() {
  const parent = await temporaryFolder()
  return { parent, dataset: await tinyDataset(parent), folder: join(parent, 'run') }
}

describe('a run ends', () => {
  it('when its time is over, within an epoch, and goes on when it is resumed', async () => {
    const { dataset, folder } = await places()
    const config = tinyConfig(dataset, { epochs: 1, timeBudgetMinutes: 1e-6 })
    const record = await trainTiny(config, folder)
    expect(record.status).toBe('stopped')
    expect(record.reason).toContain('at step 1 of epoch 1, because its 0.000001 minutes of training are over')
    const checkpoint = await readCheckpoint(checkpointPath(folder, 'last'))
    expect(checkpoint).toMatchObject({ epoch: 0, stepInEpoch: 1 })
    await trainTiny(config, folder, { resume: true })
    expect(await stepLosses(folder)).toHaveLength(2)
  })

  it('after its most steps, with a validation, and its epoch goes on when it is given more', async () => {
    const { dataset, folder } = await places()
    const record = await trainTiny(tinyConfig(dataset, { maxSteps: 8 }), folder)
    expect(record).toMatchObject({ status: 'finished', reason: null })
    const lines = await readMetrics(folder)
    expect(lines.filter((line) => line.type === 'epoch').map(({ epoch }) => epoch)).toEqual([1, 2])
    await trainTiny(tinyConfig(dataset, { maxSteps: 13 }), folder, { resume: true })
    expect((await stepLosses(folder)).map(([step]) => step)).toEqual(
      Array.from({ length: 13 }, (_, index) => index + 1),
    )
    const epochs = (await readMetrics(folder)).filter((line) => line.type === 'epoch')
    expect(epochs.map(({ epoch }) => epoch)).toEqual([1, 2, 3])
  })

  it('when nothing has become better, and has its patience again when it is resumed', async () => {
    const { dataset, folder } = await places()
    const config = tinyConfig(dataset, {
      epochs: 9,
      earlyStopping: { monitor: 'val_balanced_acc', patience: 1, minDelta: 1 },
    })
    const record = await trainTiny(config, folder)
    expect(record).toMatchObject({ status: 'finished', reason: 'Stopped early: 1 epoch without improvement.' })
    expect(record.best?.monitor).toBe('val_balanced_acc')
    expect(await stepLosses(folder)).toHaveLength(12)
    await trainTiny(config, folder, { resume: true })
    expect(await stepLosses(folder)).toHaveLength(18)
  })

  it('at the step whose numbers are not finite, says where, and keeps what was good', async () => {
    const { dataset, folder } = await places()
    const config = tinyConfig(dataset, {
      epochs: 3,
      optimizer: { lr: 1e30 },
      schedule: { name: 'constant', warmupEpochs: 0 },
    })
    await expect(trainTiny(config, folder)).rejects.toMatchObject({ kind: 'not-finite' })
    const record = await readRunRecord(folder)
    expect(record.status).toBe('failed')
    expect(record.reason).toMatch(/^The numbers stopped being finite at step 2, in epoch 1, first in /)
    expect(record.reason).toContain('There is no checkpoint yet.')
    expect(await stepLosses(folder)).toHaveLength(1)
  })
})

describe('what is not finite is found', () => {
  const sizes = modelSizes({ imageSize: 8, depth: 3, mlpRatio: 2 })
  const { train } = runConfigSchema.parse({
    data: { dataset: 'x' },
    model: { preset: 'S/32' },
    train: { batchSize: 4 },
  })
  const normalize = { mean: [0, 0, 0], std: [1, 1, 1] }
  const settings = stepSettings(train, { sizes, recordSide: 8, normalize, classCounts: [2, 1, 1] })

  function batch(): StepBatch {
    const random = new SeededRandom(3)
    return {
      batch: {
        images: Uint8Array.from({ length: 4 * 8 * 8 * 3 }, () => random.below(256)),
        boxes: Float32Array.of(...[0, 0, 1, 1], ...[0, 0, 1, 1], ...[0, 0, 1, 1], ...[0, 0, 1, 1]),
        labels: Int32Array.of(0, 1, 2, 0),
        count: 4,
      },
      mix: null,
      seed: 5,
    }
  }

  function weightsWith(name: string, value: number) {
    const weights = initialWeights(sizes, new SeededRandom(1))
    weights.get(name)?.data.fill(value)
    return weights
  }

  it.each([
    ['a weight that is not a number', 'blocks.1.mlp.fc1.weight', NaN, "in the weights of block 2's MLP"],
    ['attention that overflows', 'blocks.2.attn.proj.weight', 3e38, "in block 3's attention"],
    ['a norm that overflows', 'patch_embed.proj.bias', 2e38, 'in the tokens and positions'],
    ['a head that overflows', 'head.weight', 3e38, 'in the head'],
  ])('%s', async (_what, name, value, place) => {
    const weights = weightsWith(name, value)
    if (name === 'patch_embed.proj.bias') weights.get('pos_embed')?.data.fill(2e38)
    const before = tf.memory().numTensors
    expect(placeOfNonFinite(weights, [batch()], settings)).toBe(place)
    expect(tf.memory().numTensors).toBe(before)

    const trainer = await CompiledTrainer.create(settings, 'fp32', weights)
    expect(trainer.step([batch()], 1e-3, 1).applied).toBe(false)
    const kept = trainer.weights()
    expect([...kept.values()].map(({ data }) => data)).toEqual([...weights.values()].map(({ data }) => data))
    const error = notFiniteError(trainer, settings, [batch()], { step: 7, epoch: 2, lastSaved: null })
    expect(error.message).toContain(`at step 7, in epoch 2, first ${place}: `)
    trainer.dispose()
  })

  it('and nothing where all is well', () => {
    expect(placeOfNonFinite(initialWeights(sizes, new SeededRandom(1)), [batch()], settings)).toBeNull()
  })
})

it('a run that does not fit into memory is refused with a batch size that does', () => {
  const sizes = modelSizes({ imageSize: 224, patchSize: 16, embedDim: 384, depth: 12, numHeads: 6, numClasses: 10 })
  expect(() => checkMemory(sizes, { batchSize: 4096, gradAccumulation: 1 }, 8 * 2 ** 30)).toThrow(
    expect.objectContaining({ kind: 'invalid-input', field: 'train.batchSize' }),
  )
  checkMemory(sizes, { batchSize: 1, gradAccumulation: 1 })
})

it('a checkpoint gives all weights but a new head, which the seed alone decides', async () => {
  const { dataset, folder } = await places()
  await trainTiny(tinyConfig(dataset, { maxSteps: 1 }), folder)
  const path = checkpointPath(folder, 'last')
  const { sizes, weights } = await readCheckpoint(path)
  const from = (seed: number, head: 'new' | 'keep') =>
    startingWeights({ ...tinyConfig(dataset), seed, init: { checkpoint: path, head } }, sizes)
  expect(await from(1, 'keep')).toEqual(weights)
  const [first, again, other] = [await from(1, 'new'), await from(1, 'new'), await from(2, 'new')]
  expect(again).toEqual(first)
  expect(first.get('head.weight')).not.toEqual(weights.get('head.weight'))
  expect(other.get('head.weight')).not.toEqual(first.get('head.weight'))
  expect(other.get('pos_embed')).toEqual(weights.get('pos_embed'))
  await expect(
    startingWeights(
      { ...tinyConfig(dataset), init: { checkpoint: path, head: 'new' } },
      { ...sizes, registerTokens: 1 },
    ),
  ).rejects.toThrow('model.registerTokens 0 (not 1)')
})
