import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { augmentRecipeSchema } from '@shared/config/augmentRecipe'
import { tf } from '@engine/backend/tensorflow'
import { InspectService } from '@engine/inspect/service'
import type { JobContext } from '@engine/job'
import { numberedDataset } from '../unit/data/imageFiles'

/** Samples of a dataset whose records have their number in every byte. */

let home: string
let service: InspectService
let dataset: string
const quietly: JobContext = {
  emit: () => undefined,
  cancelled: new AbortController().signal,
  stopRequested: () => false,
}

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'vitrine-samples-'))
  service = new InspectService({ home, resources: '/nonexistent' })
  dataset = join(home, 'set')
  await (await numberedDataset(dataset, { trainCount: 23, valCount: 9, side: 16 })).close()
})

afterAll(async () => {
  await service.dispose()
  await rm(home, { recursive: true })
})

async function meanOf(url: string): Promise<number> {
  const file = join(home, 'artifacts', url.slice('vitrine://app/artifact/'.length))
  const { channels } = await sharp(file).stats()
  return channels[0]?.mean ?? NaN
}

const request = { imageSize: 8, record: null, count: 6, seed: 5 } as const

it('shows different training images before and after, with what was done to them', async () => {
  const tensors = tf.memory().numTensors
  const recipe = augmentRecipeSchema.parse({ operations: [{ op: 'brightness', factor: [3, 3] }] })
  const { samples } = await service.augment({ ...request, dataset, augment: recipe }, quietly)
  expect(tf.memory().numTensors).toBe(tensors)
  expect(new Set(samples.map(({ record }) => record)).size).toBe(6)
  for (const { record, before, after, operations, label } of samples) {
    expect(record).toBeLessThan(23)
    expect(label).not.toBe('')
    expect(operations).toEqual(['brightness factor 3'])
    expect([before.shape, after.shape]).toEqual([
      [8, 8, 3],
      [8, 8, 3],
    ])
    expect(await meanOf(before.url)).toBe(record)
    expect(await meanOf(after.url)).toBe(3 * record)
  }
})

it('draws for one image again and again, the same for the same seed', async () => {
  const one = { ...request, dataset, record: 20, augment: 'tutorial' as const }
  const operationsOf = async (seed: number) =>
    (await service.augment({ ...one, seed }, quietly)).samples.map(({ record, operations }) => {
      expect(record).toBe(20)
      return operations.join('; ')
    })
  const first = await operationsOf(5)
  expect(new Set(first).size).toBe(6)
  expect(await operationsOf(5)).toEqual(first)
  expect(await operationsOf(6)).not.toEqual(first)
})

it('names the images that there are', async () => {
  await expect(service.augment({ ...request, dataset, record: 32, augment: 'none' }, quietly)).rejects.toMatchObject({
    kind: 'not-found',
    message: expect.stringContaining('32 images'),
  })
})
