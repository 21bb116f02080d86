import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RunRecord } from '@shared/contract/records'
import { greyOf, normalizationFor } from '@shared/greyscale'
import { PreparedDataset } from '@engine/data/dataset'
import { normalisePixels } from '@engine/data/preprocess'
import { readNpy, writeNpy } from '@engine/formats/npy'
import { inGrey } from '@engine/inspect/overlay'
import { readNormalised } from '@engine/inspect/recordPixels'
import { patchFilters } from '@engine/inspect/weightViews'
import { readCheckpoint } from '@engine/vit/checkpoint'
import { loadInitialWeights } from '@engine/vit/loadInitialWeights'
import { Predictor } from '@engine/vit/predictor'
import { readMetrics } from '@engine/runs/runFolder'
import { vitrine } from './cliTerminal'
import { tinyConfig, tinyDataset, trainTiny } from './tinyTraining'

/** A model that gets the brightness as its only channel, from training to every command that opens it. */

let folder: string
let dataset: string
let record: RunRecord
let checkpointPath: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vitrine-grey-'))
  dataset = await tinyDataset(folder)
  const config = tinyConfig(dataset)
  record = await trainTiny({ ...config, data: { ...config.data, colour: 'grey' } }, join(folder, 'run'))
  checkpointPath = join(folder, 'run', 'checkpoints', 'last.safetensors')
})

afterAll(() => rm(folder, { recursive: true }))

test('the run says that it has one channel, and so does its checkpoint', async () => {
  expect(record.sizes.channels).toBe(1)
  expect(record.dataset.mean).toHaveLength(1)
  const { sizes, normalize, weights } = await readCheckpoint(checkpointPath)
  expect(sizes.channels).toBe(1)
  expect(normalize).toEqual({ mean: record.dataset.mean, std: record.dataset.std })
  expect(weights.get('patch_embed.proj.weight')?.shape).toEqual([16, 1, 4, 4])
})

test('pictures are normalised by their brightness', () => {
  const pixels = Uint8Array.of(255, 0, 0, 10, 10, 10, 0, 0, 255, 200, 100, 50)
  const expected = [greyOf(255, 0, 0), 10, greyOf(0, 0, 255), greyOf(200, 100, 50)]
  const found = normalisePixels(pixels, 2, [0.5], [0.25])
  expected.forEach((value, place) => expect(((found[place] ?? NaN) * 0.25 + 0.5) * 255).toBeCloseTo(value, 3))
  const shown = inGrey({ width: 2, height: 2, pixels })
  expect([...shown.pixels]).toEqual(expected.flatMap((value) => Array<number>(3).fill(Math.round(value))))
  expect(normalizationFor(1, { mean: [0.4, 0.4, 0.4], std: [0.2, 0.2, 0.2] })).toEqual({
    mean: [expect.closeTo(0.4, 9)],
    std: [expect.closeTo(0.2, 9)],
  })
})

test('the graph and the single pass make the same of a record', async () => {
  const checkpoint = await readCheckpoint(checkpointPath)
  const records = await PreparedDataset.open(dataset)
  const { start, count } = records.splitRange('val')
  const indices = Array.from({ length: count }, (_, index) => start + index)
  const pixels = await readNormalised(records, indices, checkpoint)
  const predictor = await Predictor.open(checkpoint)
  const logits = await predictor.predict(pixels, count)
  predictor.dispose()
  const classes = records.manifest.classes.length
  let lossSum = 0
  for (let row = 0; row < count; row++) {
    const own = [...logits.subarray(row * classes, (row + 1) * classes)]
    const largest = Math.max(...own)
    const logSum = largest + Math.log(own.reduce((sum, logit) => sum + Math.exp(logit - largest), 0))
    lossSum += logSum - (own[records.labels[start + row] ?? 0] ?? NaN)
  }
  await records.close()
  const epochs = (await readMetrics(join(folder, 'run'))).filter((line) => line.type === 'epoch')
  expect(lossSum / count).toBeCloseTo(epochs.at(-1)?.val_loss ?? NaN, 4)
})

test('predict, attend, inspect, evaluate and convert take it', async () => {
  const tensor = join(folder, 'grey.npy')
  await writeNpy(tensor, { shape: [2, 1, 8, 8], data: Float32Array.from({ length: 128 }, (_, i) => Math.sin(i)) })
  const out = (name: string) => join(folder, name)
  const commands = [
    ['predict', checkpointPath, '--tensor', tensor],
    ['attend', checkpointPath, '--tensor', tensor, '--method', 'rollout', '--out', out('attended')],
    ['inspect', checkpointPath, '--tensor', tensor, '--out', out('inspected')],
    ['evaluate', checkpointPath, '--data', dataset, '--out', out('evaluated')],
    ['convert', checkpointPath, out('huggingface.safetensors'), '--layout', 'huggingface'],
  ]
  for (const words of commands) {
    const { exitCode, errors } = await vitrine([...words, '--json'])
    expect(errors, words[0]).toBe('')
    expect(exitCode, words[0]).toBe(0)
  }
  const filters = await readNpy(join(out('inspected'), 'filters.npy'))
  expect(filters.shape.slice(1)).toEqual([1, 4, 4])
  const wrong = join(folder, 'colours.npy')
  await writeNpy(wrong, { shape: [1, 3, 8, 8], data: new Float32Array(192) })
  const refused = await vitrine(['predict', checkpointPath, '--tensor', wrong])
  expect(refused.exitCode).toBe(1)
  expect(refused.errors).toMatch(/the model needs \[B,1,8,8\]/)
  const torchvision = await vitrine(['convert', checkpointPath, out('t.safetensors'), '--layout', 'torchvision'])
  expect(torchvision.errors).toMatch(/grey images/)
})

test('its filters are shown in grey', async () => {
  const checkpoint = await readCheckpoint(checkpointPath)
  const pictures = patchFilters(checkpoint)
  expect(pictures).toHaveLength(16 * 4 * 4 * 3)
  const own = checkpoint.weights.get('patch_embed.proj.weight')?.data ?? new Float32Array()
  for (const place of [0, 37, 255]) {
    expect([...pictures.subarray(place * 3, place * 3 + 3)]).toEqual(Array<number>(3).fill(own[place] ?? NaN))
  }
})

test('a model for colours can be the start of one for grey, and not the other way round', async () => {
  const config = tinyConfig(dataset, { epochs: 1, maxSteps: 1, schedule: { warmupEpochs: 0 } })
  const colours = await trainTiny(config, join(folder, 'colours'))
  const path = join(folder, 'colours', 'checkpoints', 'last.safetensors')
  const weights = await loadInitialWeights(path, { ...colours.sizes, channels: 1 }, 'keep')
  const before = (await readCheckpoint(path)).weights.get('patch_embed.proj.weight')?.data ?? new Float32Array()
  const after = weights.get('patch_embed.proj.weight')
  expect(after?.shape).toEqual([16, 1, 4, 4])
  // Filter 5, row 2, column 3.
  const place = 5 * 16 + 2 * 4 + 3
  const sum = [0, 1, 2].reduce((total, channel) => total + (before[(5 * 3 + channel) * 16 + 11] ?? NaN), 0)
  expect(after?.data[place]).toBeCloseTo(sum, 6)
  await expect(loadInitialWeights(checkpointPath, colours.sizes, 'keep')).rejects.toThrow(
    /data\.colour grey \(not rgb\)/,
  )
})
