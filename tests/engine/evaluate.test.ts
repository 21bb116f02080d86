import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { evaluationRecordSchema, type EvaluationRecord } from '@shared/contract/evaluation'
import { SeededRandom } from '@shared/random'
import { PreparedDataset } from '@engine/data/dataset'
import { DatasetWriter } from '@engine/data/datasetWriter'
import { normalisePixels } from '@engine/data/preprocess'
import { evaluate, type EvaluationRequest } from '@engine/evaluate/evaluate'
import { readNpy } from '@engine/formats/npy'
import { softmax } from '@engine/inspect/probabilities'
import { readMetrics } from '@engine/runs/runFolder'
import { tf } from '@engine/backend/tensorflow'
import { readCheckpoint, type Checkpoint } from '@engine/vit/checkpoint'
import { Predictor } from '@engine/vit/predictor'
import { collectTaps } from '@engine/vit/taps'
import { forward } from '@engine/vit/vit'
import { largestDifference } from '../golden/fixture'
import { TemporaryFolder } from '../support/temporaryFolder'
import { recordingContext } from '../unit/data/imageFiles'
import { vitrine } from './cliTerminal'
import { tinyConfig, trainTiny } from './tinyTraining'

/** Evaluation through the compiled graph, against the eager model image by image. */

const side = 8
const trainCount = 23
const valCount = 9

let home: TemporaryFolder
let dataset: string
let run: string
let file: string
let checkpoint: Checkpoint

async function writeNoise(folder: string, classes: string[]): Promise<string> {
  const random = new SeededRandom(3)
  const writer = await DatasetWriter.begin(folder, side, { masks: false })
  const count = trainCount + valCount
  for (let record = 0; record < count; record++) {
    await writer.writeImages(
      record,
      Uint8Array.from({ length: side * side * 3 }, () => random.below(256)),
    )
  }
  const labels = Array.from({ length: count }, (_, record) => record % classes.length)
  await writer.commit(
    {
      format: 1,
      name: 'Noise',
      source: 'test',
      createdAt: '2026-01-01T00:00:00.000Z',
      imageSize: side,
      classes,
      trainCount,
      valCount,
      classCounts: { train: [], val: [] },
      statistics: { mean: [0.5, 0.5, 0.5], std: [0.3, 0.3, 0.3] },
      skipped: [],
      hasMasks: false,
    },
    labels,
    labels.map((_, record) => ({ file: `pictures, raw/${record}.png`, width: side, height: side })),
  )
  return folder
}

beforeAll(async () => {
  home = await TemporaryFolder.make()
  dataset = await writeNoise(join(home.path, 'noise'), ['a', 'b', 'c'])
  run = join(home.path, 'run')
  await trainTiny(tinyConfig(dataset, { epochs: 2 }), run)
  file = join(run, 'checkpoints', 'last.safetensors')
  checkpoint = await readCheckpoint(file)
})

afterAll(() => home[Symbol.asyncDispose]())

function request(changes: Partial<EvaluationRequest> = {}): EvaluationRequest {
  const out = join(home.path, `out-${Math.random()}`)
  return {
    checkpoint,
    file,
    dataset,
    split: 'val',
    flip: false,
    precision: 'fp32',
    batchSize: 4,
    out,
    ...changes,
  }
}

function evaluated(changes: Partial<EvaluationRequest> = {}): Promise<EvaluationRecord> {
  const { path } = home
  return evaluate(request(changes), { home: path, resources: '/nonexistent' }, recordingContext())
}

/** Probabilities of each validation image by the eager model; with `mirror` the means with its mirror image. */
async function eagerProbabilities(mirror: boolean): Promise<number[][]> {
  const open = await PreparedDataset.open(dataset)
  const predictor = await Predictor.open(checkpoint)
  const { mean, std } = checkpoint.normalize
  const rows: number[][] = []
  for (let record = trainCount; record < trainCount + valCount; record++) {
    const pixels = await open.readRecord(record)
    const flipped = pixels.map((_, place) => {
      const [pixel, channel] = [Math.floor(place / 3), place % 3]
      const [row, column] = [Math.floor(pixel / side), pixel % side]
      return pixels[(row * side + (side - 1 - column)) * 3 + channel] ?? 0
    })
    const views = await Promise.all(
      (mirror ? [pixels, flipped] : [pixels]).map(async (view) =>
        softmax(await predictor.predict(normalisePixels(view, side, mean, std), 1)),
      ),
    )
    rows.push((views[0] ?? []).map((_, index) => views.reduce((sum, v) => sum + (v[index] ?? 0), 0) / views.length))
  }
  predictor.dispose()
  await open.close()
  return rows
}

/** The class token of each validation image after the final norm, by the eager model with every tap open. */
async function eagerClassTokens(): Promise<number[]> {
  const open = await PreparedDataset.open(dataset)
  const { mean, std } = checkpoint.normalize
  const { imageSize, embedDim } = checkpoint.sizes
  const tokens: number[] = []
  for (let record = trainCount; record < trainCount + valCount; record++) {
    const planes = normalisePixels(await open.readRecord(record), side, mean, std)
    const norm = tf.tidy(() => {
      const { tap, collected } = collectTaps((name) => name === 'norm')
      const parameter = (name: string) => {
        const weight = checkpoint.weights.get(name)
        if (weight === undefined) throw new Error(`no ${name}`)
        return tf.tensor(weight.data, [...weight.shape], 'float32')
      }
      const pixels = tf.transpose(tf.tensor(planes, [1, 3, imageSize, imageSize], 'float32'), [0, 2, 3, 1])
      forward(pixels, checkpoint.sizes, { parameter, tap })
      return collected.get('norm')?.dataSync() ?? []
    })
    tokens.push(...Array.from(norm.slice(0, embedDim)))
  }
  await open.close()
  return tokens
}

describe('evaluate', () => {
  it.each([false, true])("gives the eager model's probabilities, each image once (mirrored too: %s)", async (flip) => {
    const asked = request({ flip })
    const record = await evaluate(asked, { home: home.path, resources: '/nonexistent' }, recordingContext())
    const { shape, data } = await readNpy(join(asked.out, 'outcomes.npy'))
    expect(shape).toEqual([valCount, 6])
    const expected = (await eagerProbabilities(flip)).flatMap((row, image) => {
      const label = (trainCount + image) % 3
      const prediction = row.indexOf(Math.max(...row))
      const own = row[label] ?? NaN
      return [trainCount + image, label, prediction, own, row[prediction] ?? NaN, -Math.log(own)]
    })
    expect(largestDifference(data, expected)).toBeLessThan(1e-5)
    const losses = expected.filter((_, place) => place % 6 === 5)
    expect(record.figures.loss).toBeCloseTo(losses.reduce((sum, loss) => sum + loss, 0) / valCount, 6)
  })

  it("agrees with the training's own validation", async () => {
    const { figures } = await evaluated({ batchSize: 64 })
    const epoch = (await readMetrics(run)).findLast((line) => line.type === 'epoch')
    expect(figures.images).toBe(valCount)
    expect(figures.accuracy).toBe(epoch?.val_acc)
    expect(figures.loss).toBeCloseTo(epoch?.val_loss ?? NaN, 5)
    expect(figures.balancedAccuracy).toBeCloseTo(epoch?.val_balanced_acc ?? NaN, 12)
  })

  it('writes every file that notebooks read, again over an earlier evaluation', async () => {
    const asked = request({ split: 'train' })
    const places = { home: home.path, resources: '/nonexistent' }
    await evaluate(asked, places, recordingContext())
    const record = await evaluate(asked, places, recordingContext())
    expect((await readdir(asked.out)).sort()).toEqual(
      [
        ...['confusion.csv', 'confusion.npy', 'evaluation.json', 'history.csv', 'history.npy', 'outcomes.npy'],
        ...['embedded-images.npy', 'embedding-scores.npy', 'embeddings.npy'],
        ...['per-class.csv', 'per-class.parquet', 'per-image.csv', 'per-image.parquet'],
      ].sort(),
    )
    const kept: unknown = JSON.parse(await readFile(join(asked.out, 'evaluation.json'), 'utf8'))
    expect(evaluationRecordSchema.parse(kept)).toEqual(record)
    const lines = (await readFile(join(asked.out, 'per-image.csv'), 'utf8')).trimEnd().split('\n')
    expect(lines).toHaveLength(1 + trainCount)
    expect(lines[2]).toContain('1,"pictures, raw/1.png",b,')
    const confusion = await readNpy(join(asked.out, 'confusion.npy'))
    expect(confusion.shape).toEqual([3, 3])
    expect(Array.from(confusion.data).reduce((sum, count) => sum + count, 0)).toBe(trainCount)
  })

  it('keeps what the head sees of each image, and a map of it', async () => {
    const asked = request()
    const { embedding } = await evaluate(asked, { home: home.path, resources: '/nonexistent' }, recordingContext())
    const [embeddings, images, scores] = await Promise.all(
      ['embeddings', 'embedded-images', 'embedding-scores'].map((name) => readNpy(join(asked.out, `${name}.npy`))),
    )
    const width = checkpoint.sizes.embedDim
    expect(embeddings?.shape).toEqual([valCount, width])
    expect(largestDifference(embeddings?.data ?? [], await eagerClassTokens())).toBeLessThan(1e-4)
    expect([...(images?.data ?? [])]).toEqual(Array.from({ length: valCount }, (_, image) => image))
    expect(embedding).toMatchObject({ images: valCount, width })
    // Principal components keep all distances: nine points span eight directions.
    expect(scores?.shape).toEqual([valCount, width])
    const distance = (values: ArrayLike<number>, a: number, b: number) =>
      Math.hypot(
        ...Array.from({ length: width }, (_, k) => (values[a * width + k] ?? 0) - (values[b * width + k] ?? 0)),
      )
    const between = [0, 1, 2, 3, 4, 5, 6, 7].map((image) => distance(embeddings?.data ?? [], image, image + 1))
    const onMap = [0, 1, 2, 3, 4, 5, 6, 7].map((image) => distance(scores?.data ?? [], image, image + 1))
    expect(largestDifference(onMap, between)).toBeLessThan(1e-4)
    expect(embedding?.explainedShares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 6)
  })

  it('counts corrected labels, and leaves out what was left out', async () => {
    const folder = await writeNoise(join(home.path, 'corrected'), ['a', 'b', 'c'])
    const changed = { index: trainCount, file: `pictures, raw/${trainCount}.png`, was: 2, label: 0 }
    const gone = { index: trainCount + 2, file: `pictures, raw/${trainCount + 2}.png`, was: 1, label: null }
    await writeFile(join(folder, 'corrections.json'), JSON.stringify({ format: 1, corrections: [changed, gone] }))
    const asked = request({ dataset: folder })
    const record = await evaluate(asked, { home: home.path, resources: '/nonexistent' }, recordingContext())
    expect(record.dataset.corrections).toMatchObject({ relabelled: 1, leftOut: 1 })
    expect(record.figures.images).toBe(valCount - 1)
    const { data } = await readNpy(join(asked.out, 'outcomes.npy'))
    const rows = Array.from({ length: valCount - 1 }, (_, row) => [data[row * 6], data[row * 6 + 1]])
    const kept = Array.from({ length: valCount }, (_, image) => trainCount + image).filter((one) => one !== gone.index)
    expect(rows).toEqual(kept.map((index) => [index, index === changed.index ? 0 : index % 3]))
    const lines = (await readFile(join(asked.out, 'per-image.csv'), 'utf8')).split('\n')
    expect(lines[3]).toContain(`pictures, raw/${trainCount + 3}.png`)
  })

  it('finds classes by their names', async () => {
    const other = await writeNoise(join(home.path, 'other'), ['c', 'b'])
    const { figures, classes } = await evaluated({ dataset: other })
    expect(classes).toEqual(['a', 'b', 'c'])
    expect(figures.perClass.map(({ support }) => support)).toEqual([0, 5, 4])
    const strange = await writeNoise(join(home.path, 'strange'), ['a', 'z'])
    await expect(evaluated({ dataset: strange })).rejects.toMatchObject({
      kind: 'invalid-input',
      message: expect.stringContaining('“z”'),
    })
  })

  it('keeps nothing when it is cancelled, and tells how far it is', async () => {
    const asked = request({ batchSize: 2 })
    const context = recordingContext((self) => {
      const last = self.events.at(-1)
      if (last?.type === 'progress' && last.progress.stage === 'Evaluating') self.cancel()
    })
    const places = { home: home.path, resources: '/nonexistent' }
    await expect(evaluate(asked, places, context)).rejects.toMatchObject({ kind: 'cancelled' })
    expect(await readdir(home.path)).not.toContain(asked.out.split('/').at(-1))
  })

  it('is a command with the same figures', async () => {
    const out = join(home.path, 'command')
    const words = ['evaluate', file, '--data', dataset, '--out', out]
    const { exitCode, out: text, errors } = await vitrine([...words, '--json'])
    expect([exitCode, errors]).toEqual([0, ''])
    const { figures } = evaluationRecordSchema.parse(JSON.parse(text))
    expect(figures).toEqual((await evaluated({ batchSize: 64 })).figures)
    const plain = await vitrine([...words, '--flip', '--split', 'train'])
    expect(plain.out).toContain('accuracy')
    const wrong = await vitrine([...words, '--split', 'test'])
    expect(wrong.errors).toContain('--split must be train or val')
  })
})
