import { copyFile, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RunConfigInput } from '@shared/config/runConfig'
import { readSafetensors } from '@engine/formats/safetensors'
import { readMetrics, readRunRecord } from '@engine/runs/runFolder'
import { checkpointPath, optimizerPath } from '@engine/train/checkpoints'
import { readSavedTraining } from '@engine/train/savedTraining'
import { readCheckpoint } from '@engine/vit/checkpoint'
import { TemporaryFolder } from '../support/temporaryFolder'
import { temporaryFolder } from '../unit/formats/temporaryFolder'
import { epochLines, stepLosses, tinyConfig, tinyDataset, trainTiny } from './tinyTraining'

/** Everything that has a state at once: average, accumulation, mixing, rates by step, kept epochs. */
const everything: RunConfigInput['train'] = {
  epochs: 4,
  gradAccumulation: 2,
  ema: { decay: 0.9 },
  mix: { mixupAlpha: 0.4, cutmixAlpha: 0.6, offEpoch: 3 },
  schedule: { warmupEpochs: 1, interval: 'step' },
  earlyStopping: { monitor: 'val_acc', patience: 10 },
  checkpoints: { keepLast: 2, everyEpochs: 3 },
}

async function weightsOf(path: string) {
  return [...(await readSafetensors(path)).tensors].map(([name, { data }]) => [name, data])
}

describe('a run that was left and resumed', () => {
  let temporary: TemporaryFolder
  let parent: string
  let dataset: string
  let whole: string

  afterAll(() => temporary[Symbol.asyncDispose]())

  beforeAll(async () => {
    temporary = await TemporaryFolder.make()
    parent = temporary.path
    dataset = await tinyDataset(parent)
    whole = join(parent, 'whole')
    await trainTiny(tinyConfig(dataset, everything), whole)
  }, 120_000)

  it('measures the same as one that was not, whatever left it and wherever', { timeout: 180_000 }, async () => {
    const config = tinyConfig(dataset, everything)
    const folder = join(parent, 'broken')
    expect((await trainTiny(config, folder, { endAfter: { step: 2, by: 'pause' } })).status).toBe('paused')
    // 3 steps an epoch: this one is at an epoch's end, before its validation.
    expect((await trainTiny(config, folder, { resume: true, endAfter: { step: 6, by: 'stop' } })).status).toBe(
      'stopped',
    )
    const lost = trainTiny(config, folder, { resume: true, endAfter: { step: 8, by: 'cancel' } })
    await expect(lost).rejects.toMatchObject({ kind: 'cancelled' })
    const lostLater = trainTiny(config, folder, {
      resume: true,
      saveEverySeconds: 0,
      endAfter: { step: 11, by: 'cancel' },
    })
    await expect(lostLater).rejects.toMatchObject({ kind: 'cancelled' })
    const record = await trainTiny(config, folder, { resume: true })

    expect(record.status).toBe('finished')
    expect(await stepLosses(folder)).toEqual(await stepLosses(whole))
    const [epochs, expected] = [await epochLines(folder), await epochLines(whole)]
    // The last step of epoch 2 was made before a resume, so its change of the weights is not known.
    const { updateRatio, ...second } = { updateRatio: undefined, ...expected[1] }
    expect(updateRatio).toBeDefined()
    expect(epochs).toEqual([expected[0], second, ...expected.slice(2)])
    const marks = (await readMetrics(folder)).filter((line) => line.type === 'resume')
    expect(marks.map(({ step, epoch }) => [step, epoch])).toEqual([
      [2, 1],
      [6, 2],
      [6, 3],
      [10, 4],
    ])
    for (const name of ['last', 'last.ema', 'best', 'epoch-0003', 'epoch-0004.ema']) {
      expect(await weightsOf(checkpointPath(folder, name))).toEqual(await weightsOf(checkpointPath(whole, name)))
    }
    expect(record.best).toEqual((await readRunRecord(whole)).best)
  })

  it('keeps the newest epochs and every third, each with its average', async () => {
    expect((await readdir(join(whole, 'snapshots'))).sort()).toEqual([
      'epoch-0003.ema.safetensors',
      'epoch-0003.safetensors',
      'epoch-0004.ema.safetensors',
      'epoch-0004.safetensors',
    ])
    expect((await readdir(join(whole, 'checkpoints'))).sort()).toEqual([
      'best.ema.safetensors',
      'best.optimizer.safetensors',
      'best.safetensors',
      'last.ema.safetensors',
      'last.optimizer.safetensors',
      'last.safetensors',
    ])
    expect(await readCheckpoint(checkpointPath(whole, 'epoch-0003'))).toMatchObject({ epoch: 3, stepInEpoch: 0 })
  })

  it('measures what an epoch was like', async () => {
    const epochs = (await readMetrics(whole)).filter((line) => line.type === 'epoch')
    expect(epochs.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4])
    for (const line of epochs) {
      expect(line.val_top5).toBe(1)
      expect(line.val_class_acc).toHaveLength(3)
      const classes = (line.val_class_acc ?? []).map((accuracy) => accuracy ?? NaN)
      expect(line.val_balanced_acc).toBeCloseTo(classes.reduce((sum, value) => sum + value, 0) / 3, 12)
      expect(line.ema_val_loss).toBeGreaterThan(0)
      expect(line.gradNorm).toBeGreaterThan(0)
      expect(line.weightNorm).toBeGreaterThan(1)
      expect(Object.keys(line.updateRatio ?? {})).toEqual([
        'patch-embedding',
        'tokens',
        'attention',
        'mlp',
        'norms',
        'head',
      ])
      expect(line.updateRatio?.head).toBeGreaterThan(0)
      expect(line.memoryBytes).toBeGreaterThan(1e7)
    }
  })

  it('goes on for more epochs, and refuses what is already done', async () => {
    const folder = join(parent, 'longer')
    await trainTiny(tinyConfig(dataset, { epochs: 2 }), folder)
    const again = trainTiny(tinyConfig(dataset, { epochs: 2 }), folder, { resume: true })
    await expect(again).rejects.toMatchObject({ kind: 'invalid-input', field: 'train.epochs' })
    await expect(trainTiny(tinyConfig(dataset, { epochs: 1 }), folder, { resume: true })).rejects.toMatchObject({
      field: 'train.epochs',
    })
    const record = await trainTiny(tinyConfig(dataset, { epochs: 3 }), folder, { resume: true })
    expect(record).toMatchObject({ status: 'finished', config: { train: { epochs: 3 } } })
    const steps = (await stepLosses(folder)).map(([step]) => step)
    expect(steps).toEqual(Array.from({ length: 18 }, (_, index) => index + 1))
  })

  it('names the first setting that differs, and images that have changed', async () => {
    const folder = join(parent, 'same')
    await trainTiny(tinyConfig(dataset), folder, { endAfter: { step: 1, by: 'stop' } })
    const other = tinyConfig(dataset, { batchSize: 8 })
    await expect(trainTiny(other, folder, { resume: true })).rejects.toMatchObject({ field: 'train.batchSize' })
    const before = await readFile(join(dataset, 'dataset.json'), 'utf8')
    await writeFile(join(dataset, 'dataset.json'), before.replace('"a"', '"z"'))
    await expect(trainTiny(tinyConfig(dataset), folder, { resume: true })).rejects.toMatchObject({
      field: 'data.dataset',
    })
    await writeFile(join(dataset, 'dataset.json'), before)
    expect((await readRunRecord(folder)).status).toBe('stopped')
  })

  it('goes on with fixed positions, frozen parts and another optimizer', async () => {
    const options: RunConfigInput['train'] = {
      epochs: 1,
      optimizer: { name: 'sgd', lr: 0.01 },
      freeze: 'first-blocks',
      frozenBlocks: 1,
      ema: { decay: 0.5 },
    }
    const model = { positions: 'sinusoidal', pooling: 'mean', layerScale: 0.1 } as const
    const plain = tinyConfig(dataset, options)
    const config = { ...plain, model: { ...plain.model, ...model } }
    const folder = join(parent, 'frozen')
    await trainTiny(config, folder, { endAfter: { step: 3, by: 'pause' } })
    await trainTiny(config, folder, { resume: true })
    const reference = join(parent, 'frozen-reference')
    await trainTiny(config, reference)
    expect(await stepLosses(folder)).toEqual(await stepLosses(reference))
    expect(await weightsOf(checkpointPath(folder, 'last.ema'))).toEqual(
      await weightsOf(checkpointPath(reference, 'last.ema')),
    )
  })

  it('starts again from its seed where nothing was saved', async () => {
    const folder = join(parent, 'unsaved')
    const config = tinyConfig(dataset)
    await expect(trainTiny(config, folder, { endAfter: { step: 3, by: 'cancel' } })).rejects.toThrow()
    await trainTiny(config, folder, { resume: true })
    const reference = join(parent, 'reference')
    await trainTiny(config, reference)
    expect(await stepLosses(folder)).toEqual(await stepLosses(reference))
  })
})

describe('a save that was cut short', () => {
  async function stopped() {
    const parent = await temporaryFolder()
    const config = tinyConfig(await tinyDataset(parent))
    const folder = join(parent, 'run')
    await trainTiny(config, folder, { endAfter: { step: 2, by: 'stop' } })
    return { config, folder }
  }

  it('before its weights took their place leaves the state before', async () => {
    const { config, folder } = await stopped()
    const before = join(folder, 'kept.safetensors')
    await copyFile(optimizerPath(folder, 'last'), before)
    await trainTiny(config, folder, { resume: true, endAfter: { step: 4, by: 'stop' } })
    // The files as they are when the process ends between the two writes of the second save.
    await rename(optimizerPath(folder, 'last'), optimizerPath(folder, 'next'))
    await copyFile(before, optimizerPath(folder, 'last'))
    await trainTiny(config, folder, { resume: true, endAfter: { step: 5, by: 'stop' } })
    expect((await stepLosses(folder)).map(([step]) => step)).toEqual([1, 2, 3, 4, 5])
    expect(await readdir(join(folder, 'checkpoints'))).toEqual(['last.optimizer.safetensors', 'last.safetensors'])
  })

  it('is seen where weights and optimizer do not belong together, and the best pair is taken', async () => {
    const { config, folder } = await stopped()
    const kept = join(folder, 'kept.safetensors')
    await copyFile(optimizerPath(folder, 'last'), kept)
    await trainTiny(config, folder, { resume: true, endAfter: { step: 8, by: 'stop' } })
    await copyFile(kept, optimizerPath(folder, 'last'))
    const saved = await readSavedTraining(folder, (await readRunRecord(folder)).sizes)
    expect(saved).toMatchObject({ from: 'best', state: { step: 6, epoch: 2, stepInEpoch: 0 } })
  })

  it('is an error where nothing fits', async () => {
    const { folder } = await stopped()
    await writeFile(optimizerPath(folder, 'last'), 'torn')
    const { sizes } = await readRunRecord(folder)
    await expect(readSavedTraining(folder, sizes)).rejects.toMatchObject({ kind: 'unreadable' })
  })
})
