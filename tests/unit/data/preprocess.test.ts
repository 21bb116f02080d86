import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp, { type Sharp } from 'sharp'
import { describe, expect, it } from 'vitest'
import { SeededRandom } from '@shared/random'
import { decodeForModel, decodePicture, normalisePixels } from '@engine/data/preprocess'
import { temporaryFolder } from '../formats/temporaryFolder'
import { plainImage, save } from './imageFiles'

const side = 8

async function decoded(name: string, image: Sharp) {
  const path = join(await temporaryFolder(), name)
  await save(image, path)
  const { pixels, width, height } = await decodeForModel(path, side)
  expect(pixels.length).toBe(side * side * 3)
  return { width, height, first: [...pixels.subarray(0, 3)], last: [...pixels.subarray(-3)] }
}

/** Red above, blue below. */
const flag = () =>
  sharp(Buffer.from([255, 0, 0, 0, 0, 255]), { raw: { width: 1, height: 2, channels: 3 } }).resize(20, 40, {
    fit: 'fill',
    kernel: 'nearest',
  })

function near(colour: number[], expected: number[], tolerance = 5): void {
  for (const [channel, value] of expected.entries())
    expect(Math.abs((colour[channel] ?? -99) - value)).toBeLessThanOrEqual(tolerance)
}

/** Resizing along rows with the widened triangle filter, as torchvision's antialias defines it. */
function triangleRows(values: Float64Array, rows: number, columns: number, target: number): Float64Array {
  const scale = columns / target
  const support = Math.max(1, scale)
  const resized = new Float64Array(rows * target)
  for (let column = 0; column < target; column++) {
    const centre = (column + 0.5) * scale
    const first = Math.max(0, Math.floor(centre - support + 0.5))
    const end = Math.min(columns, Math.floor(centre + support + 0.5))
    for (let row = 0; row < rows; row++) {
      let sum = 0
      let weights = 0
      for (let source = first; source < end; source++) {
        const weight = Math.max(0, 1 - Math.abs((source + 0.5 - centre) / support))
        sum += weight * (values[row * columns + source] ?? 0)
        weights += weight
      }
      resized[row * target + column] = sum / weights
    }
  }
  return resized
}

function transposed(values: Float64Array, rows: number, columns: number): Float64Array {
  return values.map((_, at) => values[(at % rows) * columns + Math.floor(at / rows)] ?? 0)
}

describe('images for a model', () => {
  it('are upright whatever EXIF says', async () => {
    const turned = await decoded('turned.jpg', flag().withMetadata({ orientation: 3 }).jpeg())
    near(turned.first, [0, 0, 255])
    near(turned.last, [255, 0, 0])
    const onSide = await decoded('side.jpg', flag().withMetadata({ orientation: 6 }).jpeg())
    expect(onSide).toMatchObject({ width: 40, height: 20 })
  })

  it('are RGB bytes whatever the file holds', async () => {
    // No profile says what these inks look like.
    near((await decoded('cmyk.jpg', plainImage('#808080').toColourspace('cmyk').jpeg())).first, [128, 128, 128], 25)
    near((await decoded('deep.png', plainImage('#4080c0').toColourspace('rgb16').png())).first, [64, 128, 192])
    near((await decoded('grey.jpg', plainImage('#646464').greyscale().jpeg())).first, [100, 100, 100])
    near((await decoded('deep-grey.png', plainImage('#646464').toColourspace('grey16').png())).first, [100, 100, 100])
    near((await decoded('palette.png', plainImage('#4080c0').png({ palette: true }))).first, [64, 128, 192])
    near((await decoded('picture.webp', plainImage('#4080c0').webp())).first, [64, 128, 192])
    near((await decoded('clear.png', plainImage('#000000').ensureAlpha(0).png())).first, [255, 255, 255])
    near((await decoded('half.png', plainImage('#000000').ensureAlpha(0.5).png())).first, [128, 128, 128])
    near(
      (await decoded('clear-grey.png', plainImage('#000000').greyscale().ensureAlpha(0).png())).first,
      [255, 255, 255],
    )
  })

  it('are shrunk with the triangle filter', async () => {
    const [width, height, target] = [50, 38, 24]
    const random = new SeededRandom(3)
    const grey = Uint8Array.from({ length: width * height }, () => random.below(256))
    const path = join(await temporaryFolder(), 'noise.png')
    await save(sharp(grey, { raw: { width, height, channels: 1 } }), path)
    const { pixels } = await decodeForModel(path, target)
    const across = triangleRows(Float64Array.from(grey), height, width, target)
    const down = triangleRows(transposed(across, height, target), target, height, target)
    const expected = transposed(down, target, target)
    // At the border libvips repeats the last pixel, where torchvision drops what lies outside.
    const inner = [...expected.keys()].filter((at) => {
      const [x, y] = [at % target, Math.floor(at / target)]
      return Math.min(x, y) > 1 && Math.max(x, y) < target - 2
    })
    const errors = inner.map((at) => Math.abs((expected[at] ?? 0) - (pixels[at * 3] ?? 0)))
    expect(Math.max(...errors)).toBeLessThan(2.5)
  })

  it('are normalised by channel, planes first', () => {
    const pixels = Uint8Array.of(0, 51, 255, 255, 102, 0, 0, 0, 0, 255, 255, 255)
    const input = normalisePixels(pixels, 2, [0.5, 0.2, 0], [0.5, 0.1, 1])
    const expected = [-1, 1, -1, 1, 0, 2, -2, 8, 1, 0, 0, 1]
    for (const [at, value] of expected.entries()) expect(input[at]).toBeCloseTo(value, 5)
  })

  it('are refused in one sentence with the name of the file', async () => {
    const folder = await temporaryFolder()
    await writeFile(join(folder, 'letter.jpg'), 'dear reader')
    for (const decode of [decodeForModel, decodePicture]) {
      await expect(decode(join(folder, 'letter.jpg'), side)).rejects.toMatchObject({
        kind: 'unreadable',
        message: expect.stringMatching(/^letter\.jpg can't be used, because it is not a JPEG[^.]*\.$/),
      })
      await expect(decode(join(folder, 'none.jpg'), side)).rejects.toThrow(/^none\.jpg .*no such file/)
      await expect(decode(folder, side)).rejects.toThrow(/not a file/)
    }
  })

  it('are read again when the file has changed', async () => {
    const path = join(await temporaryFolder(), 'a.png')
    await save(plainImage('#ff0000'), path)
    expect([...(await decodeForModel(path, 1)).pixels]).toEqual([255, 0, 0])
    await save(plainImage('#0000ff'), path)
    expect([...(await decodeForModel(path, 1)).pixels]).toEqual([0, 0, 255])
  })
})

describe('pictures for the window', () => {
  it('keep their aspect, are upright and never enlarged', async () => {
    const path = join(await temporaryFolder(), 'a.jpg')
    await save(plainImage('red', 400, 200).withMetadata({ orientation: 6 }).jpeg(), path)
    const sizeOf = async (maxSide: number) => {
      const { format, width, height } = await sharp(await decodePicture(path, maxSide)).metadata()
      return { format, width, height }
    }
    expect(await sizeOf(100)).toEqual({ format: 'png', width: 50, height: 100 })
    expect(await sizeOf(1024)).toEqual({ format: 'png', width: 200, height: 400 })
  })
})
