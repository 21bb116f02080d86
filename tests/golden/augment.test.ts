import sharp from 'sharp'
import { expect, test } from 'vitest'
import { imageOperationsSchema, type ImageOperation } from '@engine/data/augment/operations'
import { applyOperations, type FloatImage } from '@engine/data/augment/single'
import { goldenArray, goldenJson, goldenPath, largestDifference } from './fixture'

/** Every operation alone against torchvision's, with the border: what lies outside a warp is mixed in alike. */

const tolerance = 2e-3

async function input(): Promise<FloatImage> {
  const { data, info } = await sharp(goldenPath('augment/input.png'))
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true })
  return { height: info.height, width: info.width, pixels: Float32Array.from(data, (byte) => byte / 255) }
}

async function casesOf(list: string, prefix: string): Promise<{ name: string; operation: ImageOperation }[]> {
  const operations = imageOperationsSchema.parse(await goldenJson(`augment/${list}.json`))
  return operations.map((operation, index) => ({
    name: `${prefix}${String(index).padStart(2, '0')}.${operation.op}`,
    operation,
  }))
}

test.each([...(await casesOf('cases', '')), ...(await casesOf('policies', 'policies-'))])(
  '$name',
  async ({ name, operation }) => {
    const image = await input()
    const expected = await goldenArray(`augment/${name}.npy`)
    const found = applyOperations(image, [operation])
    expect([found.height, found.width, 3]).toEqual(expected.shape)
    expect(largestDifference(found.pixels, expected.data)).toBeLessThan(tolerance)
  },
)
