import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { EngineEvent } from '@shared/contract/engineMessages'
import { mapMethods, type MapRecipe } from '@shared/contract/mapRecipe'
import { PreparedDataset } from '@engine/data/dataset'
import { DatasetWriter } from '@engine/data/datasetWriter'
import { drawShape, shapesSide } from '@engine/data/samples/shapes'
import { searchObjects } from '@engine/inspect/objectSearch'
import type { JobContext } from '@engine/job'
import { readCheckpoint } from '@engine/vit/checkpoint'
import { Predictor } from '@engine/vit/predictor'
import { datasetManifest } from '../support/records'
import { goldenPath } from '../golden/fixture'

/** Maps against the masks of real drawings, with real TensorFlow. */

const images = 20
const recipe: MapRecipe = {
  method: 'attention',
  layer: 2,
  fusion: 'mean',
  residual: true,
  discard: 0,
  classIndex: null,
}
const quietly: JobContext = {
  emit: () => undefined,
  cancelled: new AbortController().signal,
  stopRequested: () => false,
}

let folder: string
let dataset: PreparedDataset
let model: Predictor
/** Share of all validation pixels that is an object. */
let objectShare = 0

async function makeDataset(out: string, hasMasks: boolean): Promise<PreparedDataset> {
  const writer = await DatasetWriter.begin(out, shapesSide, { masks: hasMasks })
  const drawn = Array.from({ length: images }, (_, index) => drawShape(index))
  await writer.writeImages(0, Buffer.concat(drawn.map(({ pixels }) => pixels)))
  if (hasMasks) await writer.writeMasks(0, Buffer.concat(drawn.map(({ mask }) => mask)))
  const manifest = datasetManifest({ imageSize: shapesSide, trainCount: 0, valCount: images, hasMasks })
  const origins = drawn.map((_, index) => ({ file: `${index}.png`, width: shapesSide, height: shapesSide }))
  await writer.commit(
    manifest,
    drawn.map(() => 0),
    origins,
  )
  const covered = drawn.flatMap(({ mask }) => [...mask])
  objectShare = covered.reduce((sum, value) => sum + value, 0) / covered.length
  return PreparedDataset.open(out)
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vitrine-objects-'))
  dataset = await makeDataset(join(folder, 'masked'), true)
  model = await Predictor.open(await readCheckpoint(goldenPath('vit-small/weights.safetensors'), { heads: 4 }))
})

afterAll(async () => {
  model.dispose()
  await dataset.close()
  await rm(folder, { recursive: true })
})

const search = (asked: MapRecipe, most: number, context: JobContext = quietly, source = dataset) =>
  searchObjects(source, model.checkpoint, asked, most, (work) => work(model), context)

describe('looking for the objects', () => {
  it('scores every method on all validation images, against the share of the objects', async () => {
    for (const method of mapMethods) {
      const found = await search({ ...recipe, method }, 1000)
      expect(found.images).toBe(images)
      expect(found.objectShare).toBeCloseTo(objectShare, 6)
      expect(found.massOnObject).toBeGreaterThan(0)
      expect(found.massOnObject).toBeLessThan(0.6)
      expect(found.pointingHits * images).toBeCloseTo(Math.round(found.pointingHits * images), 6)
    }
  })

  it('looks at no more images than are asked for, and tells how far it is', async () => {
    const events: EngineEvent[] = []
    const found = await search(recipe, 3, { ...quietly, emit: (event) => events.push(event) })
    expect(found.images).toBe(3)
    expect(events.at(-1)).toMatchObject({ type: 'progress', progress: { done: 3, total: 3 } })
  })

  it('ends when it is called off, and needs masks', async () => {
    const stopped = search(recipe, 3, { ...quietly, stopRequested: () => true })
    await expect(stopped).rejects.toMatchObject({ kind: 'cancelled' })
    const plain = await makeDataset(join(folder, 'plain'), false)
    await expect(search(recipe, 3, quietly, plain)).rejects.toMatchObject({ kind: 'invalid-input' })
    await plain.close()
  })
})
