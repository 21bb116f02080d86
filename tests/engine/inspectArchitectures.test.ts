import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { VitArchitecture } from '@shared/config/modelConfig'
import { mapMethods } from '@shared/contract/mapRecipe'
import type { CheckpointRef, ImageRef } from '@shared/contract/records'
import { gridSide, prefixTokenCount, tokenCount } from '@shared/model/size'
import { readSafetensors } from '@engine/formats/safetensors'
import { InspectService } from '@engine/inspect/service'
import type { JobContext } from '@engine/job'
import { writeCheckpoint } from '@engine/vit/checkpoint'
import { goldenPath } from '../golden/fixture'
import { modelSizes } from '../support/modelSizes'

/** Every question about an image, put to models whose tokens differ from the plain ViT's. */

const architectures: readonly (readonly [name: string, options: Partial<VitArchitecture>])[] = [
  ['registers', { registerTokens: 2 }],
  ['mean-pooling', { pooling: 'mean' }],
  [
    'mean-rms-registers-scale',
    { pooling: 'mean', norm: 'rmsnorm', registerTokens: 3, layerScale: 0.1, positions: 'sinusoidal' },
  ],
  ['post-norm', { normPlace: 'post' }],
  ['no-positions', { positions: 'none' }],
]

const quietly: JobContext = {
  emit: () => undefined,
  cancelled: new AbortController().signal,
  stopRequested: () => false,
}

let home: string
let service: InspectService
let image: ImageRef

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'vitrine-architectures-'))
  service = new InspectService({ home, resources: '/nonexistent' })
  image = { from: 'file', path: join(home, 'noise.png') }
  const pixels = Uint8Array.from({ length: 40 * 30 * 3 }, (_, i) => (i * i * 7) % 256)
  await sharp(pixels, { raw: { width: 40, height: 30, channels: 3 } })
    .png()
    .toFile(image.path)
})

afterAll(async () => {
  await service.dispose()
  await rm(home, { recursive: true })
})

describe.each(architectures)('%s', (name, options) => {
  it('is looked at from any token, with maps, tokens and heads of its own sizes', async () => {
    const { tensors } = await readSafetensors(goldenPath(`model-options/${name}/weights.safetensors`))
    const sizes = modelSizes(options)
    const path = join(home, `${name}.safetensors`)
    const normalize = { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] }
    const weights = new Map([...tensors].map(([key, { shape, data }]) => [key, { shape, data }]))
    await writeCheckpoint(path, { sizes, weights, classes: ['a', 'b', 'c'], normalize, epoch: 1, title: name })
    const checkpoint: CheckpointRef = { from: 'file', path }
    const onImage = { checkpoint, image, request: name }
    const tokens = tokenCount(sizes)
    const patches = gridSide(sizes) ** 2
    expect(tokens).toBe(patches + prefixTokenCount(sizes))

    for (const method of mapMethods) {
      const recipe = { method, layer: 1, fusion: 0, residual: true, discard: 0.2, classIndex: 2 } as const
      expect((await service.map({ ...onImage, query: tokens - 1, recipe }, quietly)).shape).toEqual([tokens])
    }
    const recipe = { method: 'rollout', layer: 0, fusion: 'max', residual: true, discard: 0, classIndex: null } as const
    const { shares, map } = await service.faithfulness({ ...onImage, query: tokens - 1, recipe }, quietly)
    expect(map.deletion).toHaveLength(shares.length)
    expect((await service.tokens({ ...onImage, depth: 1 })).components.shape).toEqual([patches, 3])
    const { distances } = await service.heads({ checkpoint, images: [image], request: name }, quietly)
    expect(distances).toHaveLength(sizes.depth)
    for (const distance of distances.flat()) expect(distance).toBeLessThan(Math.SQRT2 * sizes.imageSize)
    if (sizes.positions === 'none') {
      await expect(service.positions({ checkpoint })).rejects.toMatchObject({ kind: 'invalid-input' })
    } else {
      expect((await service.positions({ checkpoint })).similarity.shape).toEqual([patches, patches])
    }
  })
})
