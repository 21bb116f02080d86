import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { readNpy } from '@engine/formats/npy'
import { goldenArray, goldenJson, goldenPath, largestDifference } from '../golden/fixture'
import { vitrine } from './cliTerminal'

/** The commands on a model, with real TensorFlow, against PyTorch's and numpy's values. */

const model = [goldenPath('vit-small/weights.safetensors'), '--heads', '4']
const tensor = ['--tensor', goldenPath('vit-small/input.npy')]

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vitrine-cli-'))
})

afterAll(async () => {
  await rm(folder, { recursive: true })
})

async function json(...words: string[]): Promise<unknown> {
  const { exitCode, out, errors } = await vitrine([...words, '--json'])
  expect(errors).toBe('')
  expect(exitCode).toBe(0)
  return JSON.parse(out)
}

describe('predict', () => {
  const result = z.strictObject({
    logits: z.array(z.array(z.number())),
    probabilities: z.array(z.array(z.number())),
    classes: z.array(z.string()),
  })

  it("gives PyTorch's logits for a tensor", async () => {
    const expected = await goldenArray('vit-small/logits.npy')
    const { logits, probabilities, classes } = result.parse(await json('predict', ...model, ...tensor))
    expect(largestDifference(logits.flat(), expected.data)).toBeLessThan(1e-4)
    expect(classes).toHaveLength(5)
    for (const row of probabilities) expect(row.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 9)
  })

  it('classifies several image files', async () => {
    const paths = ['red', 'blue'].map((name) => join(folder, `${name}.png`))
    for (const [index, path] of paths.entries()) {
      const background = index === 0 ? '#ff0000' : '#0000ff'
      await sharp({ create: { width: 50, height: 40, channels: 3, background } })
        .png()
        .toFile(path)
    }
    const { logits } = result.parse(await json('predict', ...model, ...paths))
    expect(logits).toHaveLength(2)
    expect(largestDifference(logits[0] ?? [], logits[1] ?? [])).toBeGreaterThan(0.01)
    const { out } = await vitrine(['predict', ...model, ...paths])
    expect(out).toContain('red.png\n')
  })
})

describe('attend', () => {
  it("writes PyTorch's attention and an overlay per image and layer", async () => {
    const out = join(folder, 'raw')
    const expected = await goldenArray('vit-small/attention.npy')
    await json('attend', ...model, ...tensor, '--method', 'raw', '--out', out)
    const found = await readNpy(join(out, 'attention.npy'))
    expect(found.shape).toEqual(expected.shape)
    expect(largestDifference(found.data, expected.data)).toBeLessThan(1e-4)
    expect((await readdir(out)).filter((name) => name.endsWith('.png'))).toHaveLength(4 * 3)
  })

  it("writes numpy's rollout and an overlay that isn't empty", async () => {
    const out = join(folder, 'rollout')
    const expected = await goldenArray('rollout/max-residual-0.5.npy')
    const options = ['--method', 'rollout', '--fusion', 'max', '--discard', '0.5', '--out', out]
    await json('attend', ...model, ...tensor, ...options)
    const found = await readNpy(join(out, 'rollout.npy'))
    expect(found.shape).toEqual(expected.shape)
    expect(largestDifference(found.data, expected.data)).toBeLessThan(1e-4)
    const { width, height } = await sharp(join(out, 'overlay-0.png')).metadata()
    expect([width, height]).toEqual([32, 32])
    const { channels } = await sharp(join(out, 'overlay-0.png')).stats()
    expect(Math.max(...channels.map((channel) => channel.stdev))).toBeGreaterThan(10)
  })
})

describe('attend with other methods', () => {
  it("writes networkx's flow, an overlay per image, and deletion and insertion beside it", async () => {
    const out = join(folder, 'flow')
    const expected = await goldenArray('attribution/flow-mean-residual.npy')
    await json('attend', ...model, ...tensor, '--method', 'flow', '--faithfulness', '--out', out)
    const found = await readNpy(join(out, 'flow.npy'))
    expect(found.shape).toEqual([4, 17])
    expect(largestDifference(found.data.subarray(0, 2 * 17), expected.data)).toBeLessThan(1e-4)
    expect((await readdir(out)).filter((name) => name.endsWith('.png'))).toHaveLength(4)
    const reports = z
      .array(z.object({ map: z.object({ deletion: z.array(z.number()), deletionArea: z.number() }) }))
      .parse(JSON.parse(await readFile(join(out, 'faithfulness.json'), 'utf8')))
    expect(reports).toHaveLength(4)
    for (const { map } of reports) expect(map.deletion).toHaveLength(17)
  })

  it("writes PyTorch's gradient-weighted rollout of a chosen class", async () => {
    const out = join(folder, 'gradient')
    const expected = await goldenArray('attribution/gradient-rollout.npy')
    await json('attend', ...model, ...tensor, '--method', 'gradient', '--class', '3', '--out', out)
    const found = await readNpy(join(out, 'gradient.npy'))
    expect(found.shape).toEqual([4, 17, 17])
    // The second image's reference is for class 3.
    const second = [17 * 17, 2 * 17 * 17] as const
    expect(largestDifference(found.data.subarray(...second), expected.data.subarray(...second))).toBeLessThan(1e-4)
  })

  it('keeps one head alone, and says which heads there are', async () => {
    const out = join(folder, 'head')
    await json('attend', ...model, ...tensor, '--method', 'rollout', '--head', '2', '--out', out)
    const { data } = await readNpy(join(out, 'rollout.npy'))
    expect(largestDifference(data, (await goldenArray('rollout/mean-residual-0.npy')).data)).toBeGreaterThan(0.01)
    const { errors } = await vitrine(['attend', ...model, ...tensor, '--method', 'flow', '--head', '4', '--out', out])
    expect(errors).toBe('error: The model has no head 4: they are counted from 0 to 3.\n')
  })
})

describe('inspect', () => {
  it("writes numpy's components, similarities and distances, with pictures", async () => {
    const out = join(folder, 'inspect')
    await json('inspect', ...model, ...tensor, '--out', out)
    const filters = await readNpy(join(out, 'filters.npy'))
    expect(filters.shape).toEqual([28, 3, 8, 8])
    expect(largestDifference(filters.data, (await goldenArray('pca/wide-components.npy')).data)).toBeLessThan(1e-5)
    const similarity = await readNpy(join(out, 'position-similarity.npy'))
    expect(largestDifference(similarity.data, (await goldenArray('position-similarity.npy')).data)).toBeLessThan(1e-6)
    const distance = await readNpy(join(out, 'distance.npy'))
    const { distances } = z
      .object({ distances: z.array(z.array(z.number())) })
      .parse(await goldenJson('attention-distance.json'))
    expect(distance.shape).toEqual([3, 4])
    expect(largestDifference(distance.data, distances.flat())).toBeLessThan(1e-3)
    const entropy = await readNpy(join(out, 'entropy.npy'))
    expect(largestDifference(entropy.data, (await goldenArray('attribution/entropy.npy')).data)).toBeLessThan(1e-5)
    const norms = await readNpy(join(out, 'token-norms.npy'))
    expect(norms.shape).toEqual([4, 4, 16])
    const expectedNorms = await goldenArray('attribution/token-norms.npy')
    expect(largestDifference(norms.data.subarray(0, 4 * 16), expectedNorms.data)).toBeLessThan(1e-4)
    for (const name of ['filters', 'position-similarity', 'distance']) {
      expect((await sharp(join(out, `${name}.png`)).metadata()).format).toBe('png')
    }
  })

  it('needs no images for filters and positions', async () => {
    const out = join(folder, 'weights-only')
    await json('inspect', ...model, '--out', out)
    const expected = ['filters.npy', 'filters.png', 'position-similarity.npy', 'position-similarity.png']
    expect((await readdir(out)).sort()).toEqual(expected)
  })
})
