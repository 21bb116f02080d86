import { describe, expect, it } from 'vitest'
import sharp from 'sharp'
import { colourMap } from '@shared/colour/colourMaps'
import { encodePng, overlayMap, pngSize, stretch } from '@engine/inspect/overlay'
import { filterTiles, heatTable, similarityTiles } from '@engine/inspect/tiles'

const grey = { width: 8, height: 6, pixels: new Uint8Array(8 * 6 * 3).fill(100) }

function pixelAt({ width, pixels }: { width: number; pixels: Uint8Array }, x: number, y: number): number[] {
  return [...pixels.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)]
}

describe('overlayMap', () => {
  const map = Float32Array.of(0, 0, 0, 1)

  it('leaves the picture alone at opacity 0', () => {
    expect(overlayMap(grey, map, 2, { colours: 'inferno', opacity: 0 })).toEqual(grey)
  })

  it('shows the colours of the smallest and the largest value in their patches at opacity 1', () => {
    const laidOver = overlayMap(grey, map, 2, { colours: 'viridis', opacity: 1 })
    expect(pixelAt(laidOver, 0, 0)).toEqual([...colourMap('viridis')(0)])
    expect(pixelAt(laidOver, 7, 5)).toEqual([...colourMap('viridis')(1)])
  })

  it('goes smoothly from patch to patch', () => {
    const wide = { width: 100, height: 1, pixels: new Uint8Array(300) }
    const laidOver = overlayMap(wide, map, 2, { colours: 'viridis', opacity: 1 })
    for (let x = 1; x < 100; x++) {
      const step = pixelAt(laidOver, x, 0).map((value, channel) =>
        Math.abs(value - (pixelAt(laidOver, x - 1, 0)[channel] ?? 0)),
      )
      expect(Math.max(...step)).toBeLessThan(16)
    }
  })
})

describe('encodePng', () => {
  it('keeps every byte, and the size is in the header', async () => {
    const image = { width: 3, height: 2, pixels: Uint8Array.from({ length: 18 }, (_, i) => i * 14) }
    const png = await encodePng(image)
    expect(pngSize(png)).toEqual({ width: 3, height: 2 })
    expect([...(await sharp(png).raw().toBuffer())]).toEqual([...image.pixels])
  })
})

it('stretch gives exactly the size that was asked for', async () => {
  const stretched = await stretch(grey, 16, 3)
  expect(stretched.pixels).toHaveLength(16 * 3 * 3)
  expect(new Set(stretched.pixels)).toEqual(new Set([100]))
})

describe('tiles', () => {
  it('shows each filter over the full range, seven in a row', () => {
    const filters = Float32Array.from({ length: 9 * 2 * 2 * 3 }, (_, i) => Math.sin(i))
    const picture = filterTiles(filters, 9, 2)
    expect([picture.width, picture.height]).toEqual([7 * 68 - 4, 2 * 68 - 4])
    expect(picture.pixels.includes(0)).toBe(true)
    expect(filterTiles(filters, 0, 2)).toMatchObject({ width: 1, height: 1 })
  })

  it("puts each patch's similarities into the patch's place", () => {
    const identity = Float32Array.from({ length: 16 }, (_, i) => (i % 5 === 0 ? 1 : -1))
    const picture = similarityTiles(identity, 2)
    expect(pixelAt(picture, 0, 0)).toEqual([...colourMap('viridis')(1)])
    expect(pixelAt(picture, picture.width - 1, picture.height - 1)).toEqual([...colourMap('viridis')(1)])
    // The first patch's tile, in the last patch's place.
    expect(pixelAt(picture, 31, 31)).toEqual([...colourMap('viridis')(0)])
  })

  it('makes one square per layer and head', () => {
    expect(heatTable(Float32Array.of(0, 1, 2, 3, 4, 5), 3)).toMatchObject({ width: 72, height: 48 })
  })
})
