import { describe, expect, it } from 'vitest'
import { colourMap, colourMapNames, sequentialColourMaps } from '@shared/colour/colourMaps'
import {
  colourPixels,
  componentPixels,
  filterChannelPixels,
  filterPixels,
  rgbPixels,
  shadePixels,
  upsampleBilinear,
} from '../../../src/renderer/maps/mapPixels'
import { imageSizeChoices } from '../../../src/renderer/maps/imageSizes'
import { gridExtent, gridPlace, layoutFor } from '../../../src/renderer/maps/patchLayout'
import { fittedBox, patchAtPoint } from '../../../src/renderer/maps/pictureCanvas'
import { clearGaps, gridOfGrids, similarityProfile } from '../../../src/renderer/maps/similarityGrid'
import { attentionRow, patchMap, patchOf, rangeOf, tokenAt } from '../../../src/renderer/maps/tokenMaps'

describe('colour maps', () => {
  it('end where the published tables end', () => {
    expect(colourMap('viridis')(0)).toEqual([68, 1, 84])
    expect(colourMap('viridis')(1)).toEqual([253, 231, 37])
    expect(colourMap('inferno')(0)).toEqual([0, 0, 4])
    expect(colourMap('inferno')(1)).toEqual([252, 255, 164])
    expect(colourMap('cividis')(1)).toEqual([254, 232, 56])
  })

  it('stay near the published middle of viridis', () => {
    const middle = colourMap('viridis')(128 / 255)
    const published = [33, 145, 140]
    middle.forEach((channel, index) => expect(Math.abs(channel - (published[index] ?? 0))).toBeLessThanOrEqual(3))
  })

  it('grow lighter all the way, except the diverging one, which is lightest in the middle', () => {
    const lightness = (name: (typeof colourMapNames)[number], value: number) => {
      const [red, green, blue] = colourMap(name)(value)
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue
    }
    for (const name of sequentialColourMaps) {
      for (let step = 1; step <= 20; step++) {
        expect(lightness(name, step / 20)).toBeGreaterThan(lightness(name, (step - 1) / 20))
      }
    }
    expect(lightness('diverging', 0.5)).toBeGreaterThan(lightness('diverging', 0.25))
    expect(lightness('diverging', 0.5)).toBeGreaterThan(lightness('diverging', 0.75))
  })

  it('hold at the ends', () => {
    for (const name of colourMapNames) {
      expect(colourMap(name)(-3)).toEqual(colourMap(name)(0))
      expect(colourMap(name)(7)).toEqual(colourMap(name)(1))
      expect(colourMap(name)(Number.NaN)).toEqual(colourMap(name)(0))
    }
  })
})

describe('token maps', () => {
  const attention = { shape: [2, 2, 5], values: Float32Array.from({ length: 20 }, (_, index) => index) }

  it('splits the tokens before the patches from the patches', () => {
    const map = patchMap(Float32Array.of(9, 8, 1, 2, 3, 4), 2)
    expect(map.prefixSum).toBe(17)
    expect(map.side).toBe(2)
    expect([...map.values]).toEqual([1, 2, 3, 4])
  })

  it('takes a head’s row and the mean of a layer’s heads', () => {
    expect([...attentionRow(attention, 1, 0)]).toEqual([10, 11, 12, 13, 14])
    expect([...attentionRow(attention, 1, 'mean')]).toEqual([12.5, 13.5, 14.5, 15.5, 16.5])
    expect([...attentionRow(attention, 0, 'max')]).toEqual([5, 6, 7, 8, 9])
    expect([...attentionRow(attention, 0, 'min')]).toEqual([0, 1, 2, 3, 4])
  })

  it('numbers patches row by row after the tokens before them', () => {
    expect(tokenAt({ row: 1, column: 2 }, 14, 1)).toBe(17)
    expect(patchOf(17, 14, 1)).toEqual({ row: 1, column: 2 })
    expect(patchOf(0, 14, 1)).toBeNull()
    expect(patchOf(0, 14, 0)).toEqual({ row: 0, column: 0 })
    expect(patchOf(tokenAt({ row: 3, column: 4 }, 14, 5), 14, 5)).toEqual({ row: 3, column: 4 })
  })

  it('has a range even without values', () => {
    expect(rangeOf([3, -1, 2])).toEqual({ low: -1, high: 3 })
    expect(rangeOf([])).toEqual({ low: 0, high: 0 })
  })
})

describe('map pixels', () => {
  it('upsamples bilinearly around pixel centres', () => {
    const row = [...upsampleBilinear(Float32Array.of(0, 4, 0, 4), 2, 4).slice(0, 4)]
    expect(row).toEqual([0, 1, 3, 4])
  })

  it('keeps a constant map constant', () => {
    expect(new Set(upsampleBilinear(new Float32Array(9).fill(2), 3, 10))).toEqual(new Set([2]))
  })

  it('colours from the lowest to the highest value', () => {
    const pixels = colourPixels(Float32Array.of(1, 3), { low: 1, high: 3 }, 'viridis')
    expect([...pixels]).toEqual([68, 1, 84, 255, 253, 231, 37, 255])
  })

  it('lights where the map is high', () => {
    const pixels = shadePixels(Float32Array.of(1, 2, 3), { low: 1, high: 3 })
    expect([pixels[3], pixels[7], pixels[11]]).toEqual([255, 128, 0])
    expect(pixels[0]).toBe(0)
  })

  it('makes colours of three components, each over its own range', () => {
    const pixels = componentPixels(Float32Array.of(0, 5, -1, 10, 5, 1))
    expect([...pixels]).toEqual([0, 0, 0, 255, 255, 0, 255, 255])
  })

  it('shows one channel of a filter in grey', () => {
    expect([...filterChannelPixels(Float32Array.of(0, 1, 2), 1, 1)]).toEqual([128, 128, 128, 255])
  })

  it('stretches a filter over its own range', () => {
    expect([...filterPixels(Float32Array.of(-2, 0, 2), 1)]).toEqual([0, 128, 255, 255])
    expect([...rgbPixels(Uint8Array.of(1, 2, 3, 4, 5, 6), 2)]).toEqual([1, 2, 3, 255, 4, 5, 6, 255])
  })
})

describe('places', () => {
  it('fits a picture into its area and finds the patch under a point', () => {
    const box = fittedBox(2, 100, 100)
    expect(box).toEqual({ x: 0, y: 25, width: 100, height: 50 })
    expect(patchAtPoint(99, 26, box, 4)).toEqual({ row: 0, column: 3 })
    expect(patchAtPoint(50, 10, box, 4)).toBeNull()
  })

  it('opens the patches from a whole image to a grid of the same extent', () => {
    const layout = layoutFor(7, 350)
    expect(gridExtent(7, layout)).toBeCloseTo(350)
    const whole = [gridPlace(0, 7, layout, 0), gridPlace(1, 7, layout, 0)]
    expect((whole[1]?.x ?? 0) - (whole[0]?.x ?? 0)).toBeCloseTo(layout.patchSize)
    expect(gridPlace(48, 7, layout, 1).x + layout.patchSize).toBeCloseTo(350)
  })

  it('averages similarities by distance along rows and columns', () => {
    // 2 × 2 positions: neighbours in a column 0.5, in a row 0.25, across −1.
    const similarity = Float32Array.of(1, 0.25, 0.5, -1, 0.25, 1, -1, 0.5, 0.5, -1, 1, 0.25, -1, 0.5, 0.25, 1)
    expect(similarityProfile(similarity, 2, 'rows')).toEqual([1, 0.5])
    expect(similarityProfile(similarity, 2, 'columns')).toEqual([1, 0.25])
  })

  it('lays similarities out as a grid of grids', () => {
    const { cells, size } = gridOfGrids(
      Float32Array.from({ length: 16 }, (_, index) => index),
      2,
      1,
    )
    expect(size).toBe(5)
    expect([...cells.slice(0, 5)]).toEqual([0, 1, Number.NaN, 4, 5])
    expect([...cells.slice(5, 7)]).toEqual([2, 3])
    const pixels = new Uint8ClampedArray(size * size * 4).fill(255)
    clearGaps(pixels, cells)
    expect(pixels[2 * 4 + 3]).toBe(0)
    expect(pixels[3 * 4 + 3]).toBe(255)
  })
})

describe('sizes of images that a model can be looked at with', () => {
  it('are whole patches around its own, and the usual ones for large models', () => {
    expect(imageSizeChoices(224, 16)).toEqual([112, 176, 224, 336, 384, 448])
    expect(imageSizeChoices(64, 8)).toEqual([32, 48, 64, 96, 128])
  })

  it('leave out what would take gigabytes, but never its own', () => {
    expect(imageSizeChoices(518, 14)).toEqual([224, 266, 392, 518])
    expect(imageSizeChoices(1024, 14)).toContain(1024)
  })
})
