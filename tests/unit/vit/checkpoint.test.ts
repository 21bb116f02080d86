import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { VitSizes } from '@shared/config/modelConfig'
import { SeededRandom } from '@shared/random'
import { readSafetensors, writeSafetensors } from '@engine/formats/safetensors'
import { imagenetNormalization, readCheckpoint, writeCheckpoint, type Checkpoint } from '@engine/vit/checkpoint'
import { initialWeights } from '@engine/vit/initialisation'
import type { Weight, Weights } from '@engine/vit/parameters'
import { textWith } from '../../support/matching'
import { modelSizes } from '../../support/modelSizes'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vitrine-checkpoint-'))
})
afterAll(() => rm(folder, { recursive: true }))

function checkpointOf(sizes: VitSizes): Checkpoint {
  const weights = initialWeights(sizes, new SeededRandom(4))
  return { sizes, weights, classes: ['a', 'b', 'c'], normalize: imagenetNormalization, epoch: 2, title: 'run' }
}

/** Writes tensors as another program would: without our metadata. */
async function foreign(name: string, weights: Weights): Promise<string> {
  const path = join(folder, `${name}.safetensors`)
  await writeSafetensors(path, weights, { format: 'pt' })
  return path
}

function weightOf(weights: Weights, name: string): Weight {
  const weight = weights.get(name)
  if (weight === undefined) throw new Error(`no ${name}`)
  return weight
}

describe('our own file', () => {
  it('keeps every choice of the architecture', async () => {
    const sizes = modelSizes({
      norm: 'rmsnorm',
      normPlace: 'post',
      positions: 'sinusoidal',
      pooling: 'mean',
      qkvBias: false,
      layerScale: 1e-5,
      registerTokens: 3,
    })
    const path = join(folder, 'own.safetensors')
    const written = checkpointOf(sizes)
    await writeCheckpoint(path, written)
    const read = await readCheckpoint(path)
    expect(read.sizes).toEqual(sizes)
    expect([...read.weights.keys()]).toEqual([...written.weights.keys()])
    expect(read.weights.get('head.weight')?.data).toEqual(written.weights.get('head.weight')?.data)
  })

  it('holds fixed positions for other programs, zero for the tokens before the patches', async () => {
    const path = join(folder, 'fixed.safetensors')
    await writeCheckpoint(path, checkpointOf(modelSizes({ positions: 'sinusoidal', registerTokens: 1 })))
    const { tensors } = await readSafetensors(path)
    const table = tensors.get('pos_embed')
    expect(table?.shape).toEqual([1, 18, 16])
    expect(new Set(table?.data.subarray(0, 32))).toEqual(new Set([0]))
    // First patch: sin 0 and cos 0 for row and column, a quarter of the width each.
    expect([...(table?.data.subarray(32, 48) ?? [])]).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1])
  })

  it('of an older version has the plain architecture', async () => {
    const { weights } = checkpointOf(modelSizes())
    const path = join(folder, 'older.safetensors')
    const sizes = {
      imageSize: 16,
      channels: 3,
      patchSize: 4,
      embedDim: 16,
      depth: 2,
      numHeads: 2,
      mlpRatio: 4,
      numClasses: 3,
      dropout: 0,
      attentionDropout: 0,
      dropPath: 0,
    }
    const older = { format: 1, sizes, classes: ['a', 'b', 'c'], normalize: imagenetNormalization, epoch: 1, title: 'x' }
    await writeSafetensors(path, weights, { format: 'pt', vitrine: JSON.stringify(older) })
    expect((await readCheckpoint(path)).sizes).toEqual(modelSizes())
  })
})

describe('a file of timm', () => {
  it('with mean pooling keeps its unused class token as a register', async () => {
    const { weights } = checkpointOf(modelSizes({ registerTokens: 2 }))
    const renamed: Weights = new Map(
      [...weights].map(([name, weight]) => [name.replace(/^norm\./, 'fc_norm.'), weight]),
    )
    const read = await readCheckpoint(await foreign('mean', renamed), { heads: 2 })
    expect(read.sizes).toEqual(modelSizes({ pooling: 'mean', registerTokens: 3 }))
    const registers = weightOf(read.weights, 'reg_token')
    expect(registers.shape).toEqual([1, 3, 16])
    expect(registers.data.subarray(0, 16)).toEqual(weightOf(weights, 'cls_token').data)
    expect(registers.data.subarray(16)).toEqual(weightOf(weights, 'reg_token').data)
  })

  it('with positions for the patches alone gets zero positions for the other tokens', async () => {
    const { weights } = checkpointOf(modelSizes({ registerTokens: 2 }))
    const positions = weightOf(weights, 'pos_embed').data.subarray(3 * 16)
    const changed: Weights = new Map(weights).set('pos_embed', { shape: [1, 16, 16], data: positions })
    const read = await readCheckpoint(await foreign('patches-only', changed), { heads: 2 })
    expect(read.sizes).toEqual(modelSizes({ registerTokens: 2 }))
    const found = weightOf(read.weights, 'pos_embed')
    expect(found.shape).toEqual([1, 19, 16])
    expect(new Set(found.data.subarray(0, 48))).toEqual(new Set([0]))
    expect(found.data.subarray(48)).toEqual(positions)
  })

  it('that has no norm before the head, or no square of positions, is refused in a sentence', async () => {
    const { weights } = checkpointOf(modelSizes())
    const withoutNorm: Weights = new Map([...weights].filter(([name]) => !name.startsWith('norm.')))
    await expect(readCheckpoint(await foreign('no-norm', withoutNorm), { heads: 2 })).rejects.toMatchObject({
      kind: 'invalid-input',
      message: textWith('norms in its blocks but none before the head'),
    })
    const positions = { shape: [1, 15, 16], data: new Float32Array(240) }
    const odd: Weights = new Map(weights).set('pos_embed', positions)
    await expect(readCheckpoint(await foreign('odd', odd), { heads: 2 })).rejects.toMatchObject({
      kind: 'invalid-input',
      message: textWith('15 positions'),
    })
  })
})
