import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Artifact, CheckpointRef } from '@shared/contract/records'
import { PreparedDataset } from '@engine/data/dataset'
import { prepareDataset } from '@engine/data/prepare'
import { readNpy } from '@engine/formats/npy'
import type { JobContext } from '@engine/job'
import { InspectService } from '@engine/inspect/service'
import { FigureRecorder, isRecorded } from '@engine/train/figureRecorder'
import { readCheckpoint, writeCheckpoint, type Checkpoint } from '@engine/vit/checkpoint'
import { tf } from '@engine/backend/tensorflow'
import { goldenPath, largestDifference } from '../golden/fixture'

const quietly: JobContext = {
  emit: () => undefined,
  cancelled: new AbortController().signal,
  stopRequested: () => false,
}
let home: string
let runFolder: string
let dataset: PreparedDataset
let checkpoint: Checkpoint
let service: InspectService

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'vitrine-figures-'))
  runFolder = join(home, 'runs', 'first')
  await mkdir(join(runFolder, 'snapshots'), { recursive: true })
  const source = join(home, 'photos')
  for (const [name, colour] of [
    ['red', '#cc2211'],
    ['blue', '#1122cc'],
  ] as const) {
    await mkdir(join(source, name), { recursive: true })
    for (let number = 1; number <= 4; number++) {
      const picture = sharp({ create: { width: 40, height: 20 + number, channels: 3, background: colour } })
      await picture.png().toFile(join(source, name, `${number}.png`))
    }
  }
  const out = join(home, 'dataset')
  await prepareDataset({ source, out, imageSize: 32, valFraction: 0.5 }, quietly)
  dataset = await PreparedDataset.open(out)
  const read = await readCheckpoint(goldenPath('vit-small/weights.safetensors'), { heads: 4 })
  checkpoint = { ...read, epoch: 2, title: 'first' }
  await writeCheckpoint(join(runFolder, 'snapshots', 'epoch-0002.safetensors'), checkpoint)
  service = new InspectService({ home, resources: '/nonexistent' })
})

afterAll(async () => {
  await dataset.close()
  await service.dispose()
  await rm(home, { recursive: true })
})

async function valuesOf({ url }: Artifact) {
  return (await readNpy(join(home, 'artifacts', url.slice('vitrine://app/artifact/'.length)))).data
}

it('chooses the first epoch, the last and evenly between, forty at most', () => {
  const chosen = (epochs: number) =>
    Array.from({ length: epochs }, (_, i) => i + 1).filter((epoch) => isRecorded(epoch, epochs))
  expect(chosen(3)).toEqual([1, 2, 3])
  expect(chosen(100).slice(0, 4)).toEqual([1, 3, 6, 9])
  expect(chosen(100).at(-1)).toBe(100)
  expect(chosen(1000).length).toBeLessThanOrEqual(42)
})

it('keeps what would be measured of the same epoch’s checkpoint, and leaves no tensors', async () => {
  const recorder = new FigureRecorder(runFolder, dataset, join(home, 'dataset'))
  const { numTensors } = tf.memory()
  await recorder.record(checkpoint)
  expect(tf.memory().numTensors).toBe(numTensors)
  expect(await service.recorded({ runId: 'first' })).toEqual({ epochs: [2] })
  const recorded = await service.recordedFigures({ runId: 'first', epoch: 2 })
  expect(recorded.images).toHaveLength(4)

  const ref: CheckpointRef = { from: 'run', runId: 'first', name: 'epoch-0002' }
  const asked = { checkpoint: ref, images: recorded.images, request: 'measured' }
  const measured = await service.figures(asked, quietly)
  expect(recorded.epoch).toBe(2)
  expect(recorded.explainedShares).toEqual(measured.explainedShares)
  expect(recorded.positions?.contrast).toBe(measured.positions?.contrast)
  const flat = (figures: typeof measured) => [
    ...(figures.heads?.distances.flat() ?? []),
    ...(figures.heads?.entropies.flat() ?? []),
  ]
  expect(flat(recorded)).toHaveLength(24)
  expect(largestDifference(flat(recorded), flat(measured))).toBeLessThan(1e-4)
  expect(recorded.maps.shape).toEqual([4, 2, 16])
  expect(largestDifference(await valuesOf(recorded.maps), await valuesOf(measured.maps))).toBeLessThan(1e-5)
})

it('says in the log what could not be kept, and lets the training go on', async () => {
  const blocked = join(home, 'runs', 'blocked')
  await mkdir(blocked, { recursive: true })
  await writeFile(join(blocked, 'figures'), 'no folder')
  await new FigureRecorder(blocked, dataset, join(home, 'dataset')).record(checkpoint)
  expect(await readFile(join(blocked, 'log.txt'), 'utf8')).toContain('The figures of epoch 2 were not kept')
  expect(await service.recorded({ runId: 'blocked' })).toEqual({ epochs: [] })
})

it('tells of a run or an epoch that has none', async () => {
  expect(await service.recorded({ runId: 'gone' })).toEqual({ epochs: [] })
  await expect(service.recordedFigures({ runId: 'first', epoch: 9 })).rejects.toMatchObject({ kind: 'not-found' })
  await expect(service.recorded({ runId: '../first' })).rejects.toMatchObject({ kind: 'invalid-input' })
})
