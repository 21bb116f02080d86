import { access, mkdir, mkdtemp, rm, utimes, copyFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Artifact, CheckpointRef, ImageRef } from '@shared/contract/records'
import type { EngineEvent } from '@shared/contract/engineMessages'
import { mapMethods, type MapRecipe } from '@shared/contract/mapRecipe'
import { countParameters } from '@shared/model/size'
import { prepareDataset } from '@engine/data/prepare'
import { readNpy } from '@engine/formats/npy'
import type { JobContext } from '@engine/job'
import { InspectService } from '@engine/inspect/service'
import { readCheckpoint, writeCheckpoint } from '@engine/vit/checkpoint'
import { goldenArray, goldenPath, largestDifference } from '../golden/fixture'

let home: string
let service: InspectService
let picture: ImageRef
let onPicture: { checkpoint: CheckpointRef; image: ImageRef; request: string }
const quietly: JobContext = {
  emit: () => undefined,
  cancelled: new AbortController().signal,
  stopRequested: () => false,
}
const recipe: MapRecipe = {
  method: 'rollout',
  layer: 1,
  fusion: 'mean',
  residual: true,
  discard: 0,
  classIndex: null,
}
const inRun: CheckpointRef = { from: 'run', runId: 'first', name: 'best' }

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'vitrine-inspect-'))
  service = new InspectService({ home, resources: '/nonexistent' })
  const weights = await readCheckpoint(goldenPath('vit-small/weights.safetensors'), { heads: 4 })
  const checkpoints = join(home, 'runs', 'first', 'checkpoints')
  await mkdir(checkpoints, { recursive: true })
  const classes = ['a', 'b', 'c', 'd', 'e']
  await writeCheckpoint(join(checkpoints, 'best.safetensors'), { ...weights, classes, epoch: 3, title: 'first' })
  picture = { from: 'file', path: join(home, 'stripes.png') }
  onPicture = { checkpoint: inRun, image: picture, request: 'on picture' }
  await stripes(picture.path, 60, 40, 5)
})

afterAll(async () => {
  await service.dispose()
  await rm(home, { recursive: true })
})

async function stripes(path: string, width: number, height: number, period: number): Promise<void> {
  const pixels = Uint8Array.from({ length: width * height * 3 }, (_, i) => (Math.floor(i / 3) % period < 2 ? 230 : 20))
  await sharp(pixels, { raw: { width, height, channels: 3 } })
    .png()
    .toFile(path)
}

function sum(values: ArrayLike<number>): number {
  return Array.from(values).reduce((total, value) => total + value, 0)
}

function fileOf({ url }: Artifact): string {
  const prefix = 'vitrine://app/artifact/'
  expect(url.startsWith(`${prefix}${process.pid}/`)).toBe(true)
  return join(home, 'artifacts', url.slice(prefix.length))
}

it('tells what a model is', async () => {
  const info = await service.model({ checkpoint: inRun })
  expect(info).toMatchObject({ title: 'first', epoch: 3, classes: ['a', 'b', 'c', 'd', 'e'] })
  expect(info.parameters).toBe(countParameters(info.sizes))
  const { normalize } = await readCheckpoint(join(home, 'runs', 'first', 'checkpoints', 'best.safetensors'))
  expect(info.preprocessing).toEqual({ imageSize: 32, ...normalize })
})

describe('an image file', () => {
  it('is predicted, with all classes in order and the pictures as files', async () => {
    const report = await service.image({ checkpoint: inRun, image: picture })
    expect(report).toMatchObject({ name: 'stripes.png', width: 60, height: 40, label: null })
    expect(report.predictions.map(({ class: name }) => name).sort()).toEqual(['a', 'b', 'c', 'd', 'e'])
    const probabilities = report.predictions.map(({ probability }) => probability)
    expect(probabilities).toEqual([...probabilities].sort((a, b) => b - a))
    expect(sum(probabilities)).toBeCloseTo(1, 9)
    expect(report.picture.shape).toEqual([40, 60, 3])
    expect(report.modelInput.shape).toEqual([32, 32, 3])
    expect(await sharp(fileOf(report.picture)).metadata()).toMatchObject({ width: 60, height: 40, format: 'png' })
    expect(await sharp(fileOf(report.modelInput)).metadata()).toMatchObject({ width: 32, height: 32, format: 'png' })
  })

  it('gives attention rows and rollouts of any token, which sum to 1', async () => {
    const attention = await service.attention({ checkpoint: inRun, image: picture, query: 5 })
    expect(attention.shape).toEqual([3, 4, 17])
    const rows = await readNpy(fileOf(attention))
    for (let start = 0; start < rows.data.length; start += 17) {
      expect(sum(rows.data.subarray(start, start + 17))).toBeCloseTo(1, 5)
    }
  })

  it('gives the map of every recipe for any token', async () => {
    for (const method of mapMethods) {
      const map = await service.map({ ...onPicture, query: 3, recipe: { ...recipe, method } }, quietly)
      expect(map.shape).toEqual([17])
      const { data } = await readNpy(fileOf(map))
      if (method === 'attention' || method === 'rollout') expect(sum(data)).toBeCloseTo(1, 5)
      expect(Math.min(...Array.from(data, Number))).toBeGreaterThanOrEqual(0)
      expect(largestDifference(data, new Float32Array(17))).toBeGreaterThan(0.01)
    }
  })

  it("weights with the gradient of the class that is asked for, the prediction's by default", async () => {
    const { predictions } = await service.image(onPicture)
    const best = ['a', 'b', 'c', 'd', 'e'].indexOf(predictions[0]?.class ?? '')
    const mapFor = async (classIndex: number | null) => {
      const asked = { ...recipe, method: 'gradient', classIndex } as const
      return (await readNpy(fileOf(await service.map({ ...onPicture, query: 0, recipe: asked }, quietly)))).data
    }
    const byDefault = await mapFor(null)
    expect(largestDifference(byDefault, await mapFor(best))).toBe(0)
    expect(largestDifference(byDefault, await mapFor((best + 1) % 5))).toBeGreaterThan(1e-4)
  })

  it('tells how far the flow is, and ends it when it is called off', async () => {
    const asked = { ...onPicture, query: 1, recipe: { ...recipe, method: 'flow' } } as const
    const events: EngineEvent[] = []
    await service.map(asked, { ...quietly, emit: (event) => void events.push(event) })
    expect(events.at(-1)).toMatchObject({ type: 'progress', progress: { done: 17, total: 17 } })
    const called = { ...quietly, cancelled: AbortSignal.abort() }
    const other = { ...asked, recipe: { ...asked.recipe, discard: 0.1 } }
    await expect(service.map(other, called)).rejects.toMatchObject({ kind: 'cancelled' })
  })

  it('scores a map by deletion and insertion, between the whole image and the blank one', async () => {
    const report = await service.faithfulness({ ...onPicture, query: 0, recipe }, quietly)
    const { predictions } = await service.image(onPicture)
    expect(report.shares[0]).toBe(0)
    expect(report.shares.at(-1)).toBe(1)
    for (const { deletion, insertion, deletionArea } of [report.map, report.lastLayer, report.random]) {
      expect(deletion).toHaveLength(report.shares.length)
      expect(deletion[0]).toBeCloseTo(predictions[0]?.probability ?? NaN, 4)
      expect(insertion.at(-1)).toBeCloseTo(predictions[0]?.probability ?? NaN, 4)
      expect(insertion[0]).toBeCloseTo(deletion.at(-1) ?? NaN, 4)
      expect(deletionArea).toBeGreaterThan(0)
      expect(deletionArea).toBeLessThan(1)
    }
  })

  it('shows its tokens at every depth', async () => {
    const views = await service.tokens({ ...onPicture, depth: 2 })
    expect(views.components.shape).toEqual([16, 3])
    expect(views.norms.shape).toEqual([4, 16])
    expect(views.meanSimilarities).toHaveLength(4)
    const similarity = await readNpy(fileOf(views.similarity))
    for (let patch = 0; patch < 16; patch++) expect(similarity.data[patch * 17]).toBeCloseTo(1, 5)
    await expect(service.tokens({ ...onPicture, depth: 4 })).rejects.toMatchObject({ kind: 'invalid-input' })
  })

  it('shows what each head does', async () => {
    const found = await service.heads({ checkpoint: inRun, images: [picture, picture], request: 'heads' }, quietly)
    expect(found.images).toBe(2)
    expect(found.distances.map((layer) => layer.length)).toEqual([4, 4, 4])
    for (const entropy of found.entropies.flat()) expect(entropy).toBeLessThanOrEqual(Math.log(17))
    expect(found.similarities[2]?.[1]?.[1]).toBeCloseTo(1, 5)
  })

  it('is looked at again once the file has changed', async () => {
    const image: ImageRef = { from: 'file', path: join(home, 'changing.png') }
    await copyFile(join(home, 'stripes.png'), image.path)
    const before = await service.image({ checkpoint: inRun, image })
    await stripes(image.path, 60, 40, 3)
    await utimes(image.path, 1, 1)
    const after = await service.image({ checkpoint: inRun, image })
    const logits = (report: typeof before) => report.predictions.map(({ logit }) => logit)
    expect(largestDifference(logits(before), logits(after))).toBeGreaterThan(1e-3)
  })

  it('that is no image, or has no such token, is told in a sentence', async () => {
    const image: ImageRef = { from: 'file', path: goldenPath('adamw/steps.json') }
    await expect(service.image({ checkpoint: inRun, image })).rejects.toMatchObject({ kind: 'unreadable' })
    const beyond = { checkpoint: inRun, image: picture, query: 17 }
    await expect(service.attention(beyond)).rejects.toMatchObject({ kind: 'invalid-input' })
    for (const wrong of [{ layer: 3 }, { fusion: 4 }, { classIndex: 5 }]) {
      const asked = { ...onPicture, query: 0, recipe: { ...recipe, ...wrong } }
      await expect(service.map(asked, quietly)).rejects.toMatchObject({ kind: 'invalid-input' })
    }
  })
})

it('shows a record of a dataset with its label and its own aspect', async () => {
  const source = join(home, 'photos')
  for (const [name, period] of [
    ['narrow', 3],
    ['wide', 7],
  ] as const) {
    await mkdir(join(source, name), { recursive: true })
    await stripes(join(source, name, `${name}.png`), 64, 32, period)
  }
  const out = join(home, 'dataset')
  await prepareDataset({ source, out, imageSize: 48, valFraction: 0 }, quietly)
  const report = await service.image({ checkpoint: inRun, image: { from: 'dataset', dataset: out, index: 1 } })
  expect(report).toMatchObject({ name: 'wide.png', label: 'wide', width: 64, height: 32 })
  expect(report.picture.shape).toEqual([24, 48, 3])
  const beyond: ImageRef = { from: 'dataset', dataset: out, index: 2 }
  await expect(service.image({ checkpoint: inRun, image: beyond })).rejects.toMatchObject({ kind: 'not-found' })
})

describe('the figures of one epoch', () => {
  const figuresOf = (images: ImageRef[]) => service.figures({ checkpoint: inRun, images, request: 'figures' }, quietly)

  it('are those that are shown one by one elsewhere', async () => {
    const figures = await figuresOf([picture, picture])
    const heads = await service.heads({ checkpoint: inRun, images: [picture], request: 'heads' }, quietly)
    expect(figures.epoch).toBe(3)
    expect(figures.components.shape).toEqual([28, 8, 8, 3])
    expect(figures.heads?.distances.flat()).toHaveLength(12)
    expect(largestDifference(figures.heads?.distances.flat() ?? [], heads.distances.flat())).toBeLessThan(1e-5)
    expect(largestDifference(figures.heads?.entropies.flat() ?? [], heads.entropies.flat())).toBeLessThan(1e-5)

    expect(figures.maps.shape).toEqual([2, 2, 16])
    const { data } = await readNpy(fileOf(figures.maps))
    const asked = { ...onPicture, query: 0 }
    const attention = await service.map({ ...asked, recipe: { ...recipe, method: 'attention', layer: 2 } }, quietly)
    const rollout = await service.map({ ...asked, recipe }, quietly)
    for (const [kind, map] of [attention, rollout].entries()) {
      const expected = (await readNpy(fileOf(map))).data.subarray(1)
      for (const image of [0, 1]) {
        const start = (image * 2 + kind) * 16
        expect(largestDifference(data.subarray(start, start + 16), expected)).toBeLessThan(1e-6)
      }
    }

    const { similarity } = await service.positions({ checkpoint: inRun })
    const positions = await readNpy(fileOf(figures.positions?.similarity ?? similarity))
    expect(largestDifference(positions.data, (await readNpy(fileOf(similarity))).data)).toBe(0)
    expect(sum(figures.explainedShares)).toBeLessThanOrEqual(1)
    expect(figures.explainedShares[0]).toBeGreaterThan(figures.explainedShares[1] ?? NaN)
  })

  it('need no images', async () => {
    const figures = await figuresOf([])
    expect(figures.heads).toBeNull()
    expect(figures.maps.shape).toEqual([0, 2, 16])
  })

  it('are remembered, and told again at once even to a job that is called off', async () => {
    const images = [picture]
    const before = await figuresOf(images)
    const called = { ...quietly, cancelled: AbortSignal.abort() }
    const again = await service.figures({ checkpoint: inRun, images, request: 'again' }, called)
    expect(again.heads).toEqual(before.heads)
    const other: ImageRef = { from: 'file', path: join(home, 'other.png') }
    await stripes(other.path, 40, 40, 9)
    const unknown = service.figures({ checkpoint: inRun, images: [other], request: 'other' }, called)
    await expect(unknown).rejects.toMatchObject({ kind: 'cancelled' })
  })
})

describe('weights', () => {
  it('give the principal components, channels last', async () => {
    const { components, explainedVariance } = await service.filters({ checkpoint: inRun, count: 28 })
    expect(components.shape).toEqual([28, 8, 8, 3])
    expect(explainedVariance).toHaveLength(28)
    const found = await readNpy(fileOf(components))
    const expected = await goldenArray('pca/wide-components.npy')
    const red = Array.from({ length: 64 }, (_, pixel) => found.data[pixel * 3] ?? NaN)
    expect(largestDifference(red, expected.data.subarray(0, 64))).toBeLessThan(1e-5)
  })

  it('give the similarity of the patches’ positions, without the class token', async () => {
    const { similarity, components, explainedShares } = await service.positions({ checkpoint: inRun })
    expect(similarity.shape).toEqual([16, 16])
    expect(components.shape).toEqual([16, 3])
    expect(sum(explainedShares)).toBeLessThan(1)
    const found = await readNpy(fileOf(similarity))
    const whole = await goldenArray('position-similarity.npy')
    expect(largestDifference(found.data.subarray(0, 16), whole.data.subarray(17 + 1, 17 + 17))).toBeLessThan(1e-6)
  })
})

it('a checkpoint that is not there, or a run that is no name, is told in a sentence', async () => {
  const gone: CheckpointRef = { from: 'run', runId: 'gone', name: 'last' }
  await expect(service.model({ checkpoint: gone })).rejects.toMatchObject({ kind: 'not-found' })
  const outside: CheckpointRef = { from: 'run', runId: '../first', name: 'best' }
  await expect(service.model({ checkpoint: outside })).rejects.toMatchObject({ kind: 'invalid-input' })
})

it('leaves no files behind', async () => {
  const other = new InspectService({ home: join(home, 'other'), resources: '/nonexistent' })
  const checkpoint: CheckpointRef = {
    from: 'file',
    path: join(home, 'runs', 'first', 'checkpoints', 'best.safetensors'),
  }
  await other.positions({ checkpoint })
  const folder = join(home, 'other', 'artifacts', String(process.pid))
  await expect(access(folder)).resolves.toBeUndefined()
  await other.dispose()
  await expect(access(folder)).rejects.toThrow()
})
