import sharp from 'sharp'
import { expect, test } from 'vitest'
import { imageOperationsSchema, isGeometric, type ImageOperation } from '@engine/data/augment/operations'
import { applyOperations, type FloatImage } from '@engine/data/augment/single'
import { goldenArray, goldenJson, goldenPath } from './fixture'

/** Every operation alone against torchvision's. */

const tolerance = 2e-3
/** Where the outermost samples of a warp lie, implementations differ. */
const warpBorder = 2

async function input(): Promise<FloatImage> {
  const { data, info } = await sharp(goldenPath('augment/input.png'))
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true })
  return { height: info.height, width: info.width, pixels: Float32Array.from(data, (byte) => byte / 255) }
}

function largestInside(a: FloatImage, b: Float32Array, border: number): number {
  let largest = 0
  for (let row = border; row < a.height - border; row++) {
    for (let place = (row * a.width + border) * 3; place < (row * a.width + a.width - border) * 3; place++) {
      largest = Math.max(largest, Math.abs((a.pixels[place] ?? NaN) - (b[place] ?? NaN)))
    }
  }
  return largest
}

const isWarp = (operation: ImageOperation) => isGeometric(operation) && !/Flip$/.test(operation.op)

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
    expect(largestInside(found, expected.data, isWarp(operation) ? warpBorder : 0)).toBeLessThan(tolerance)
  },
)
