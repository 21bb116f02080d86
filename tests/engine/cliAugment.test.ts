import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readNpy } from '@engine/formats/npy'
import { goldenArray, goldenPath, largestDifference } from '../golden/fixture'
import { vitrine } from './cliTerminal'

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vitrine-augment-'))
})

afterAll(async () => {
  await rm(folder, { recursive: true })
})

async function augment(operations: unknown, image = goldenPath('augment/input.png')) {
  const [ops, out] = [join(folder, 'ops.json'), join(folder, 'out.npy')]
  await writeFile(ops, typeof operations === 'string' ? operations : JSON.stringify(operations))
  return { ...(await vitrine(['augment', image, '--ops', ops, '--out', out, '--json'])), out }
}

describe('augment', () => {
  it("writes torchvision's result, [H,W,3] float32", async () => {
    const { exitCode, errors, out } = await augment([{ op: 'hue', shift: 0.2156 }])
    expect(errors).toBe('')
    expect(exitCode).toBe(0)
    const { shape, data } = await readNpy(out)
    expect(shape).toEqual([56, 72, 3])
    expect(largestDifference(data, (await goldenArray('augment/12.hue.npy')).data)).toBeLessThan(2e-3)
  })

  it('applies operations in their order', async () => {
    const mean = [0, 0, 0]
    const erase = { op: 'erase', top: 0, left: 0, height: 2, width: 2, value: 1 }
    const { out } = await augment([erase, { op: 'horizontalFlip' }, { op: 'normalize', mean, std: [0.5, 0.5, 0.5] }])
    const { shape, data } = await readNpy(out)
    expect(shape).toEqual([56, 72, 3])
    expect(Number(data[71 * 3])).toBeCloseTo(2, 5)
    expect(Number(data[0])).toBeLessThan(1.9)
  })

  it.each<[unknown, string]>([
    ['{', 'must hold a JSON list'],
    [{ op: 'hue', shift: 0.1 }, 'must hold a JSON list'],
    [
      [
        { op: 'brightness', factor: 1 },
        { op: 'brightness', factor: -1 },
      ],
      '"factor" of operation 2 is wrong',
    ],
    [[{ op: 'brighten', factor: 1 }], 'operation 1'],
    [[{ op: 'resizedCrop', top: 50, left: 0, height: 10, width: 10, size: [5, 5] }], 'must lie inside the image'],
    [[{ op: 'gaussianBlur', kernelSize: 201, sigma: 1 }], 'kernel that is too large'],
    [[{ op: 'normalize', mean: [0, 0, 0], std: [1, 1, 1] }, { op: 'horizontalFlip' }], 'must be the last'],
  ])('refuses %j in one line', async (operations, words) => {
    const { exitCode, errors } = await augment(operations)
    expect(exitCode).toBe(1)
    expect(errors).toMatch(/^error: .*\n$/)
    expect(errors).toContain(words)
  })

  it('names a missing image', async () => {
    const { exitCode, errors } = await augment([], join(folder, 'nothing.png'))
    expect(exitCode).toBe(1)
    expect(errors).toContain('there is no such file')
  })
})
