import { colourMap, type ColourMapName } from '@shared/colour/colourMaps'
import { rangeOf, type ValueRange } from './tokenMaps'

/**
 * Bilinear upsampling of a square map to `size` × `size`; pixel centres are at halves, and beyond the
 * outermost centres the edge value stays.
 */
export function upsampleBilinear(values: Float32Array, side: number, size: number): Float32Array {
  const result = new Float32Array(size * size)
  const last = side - 1
  for (let y = 0; y < size; y++) {
    const sourceY = Math.min(Math.max(((y + 0.5) * side) / size - 0.5, 0), last)
    const top = Math.floor(sourceY)
    const bottom = Math.min(top + 1, last)
    const down = sourceY - top
    for (let x = 0; x < size; x++) {
      const sourceX = Math.min(Math.max(((x + 0.5) * side) / size - 0.5, 0), last)
      const left = Math.floor(sourceX)
      const right = Math.min(left + 1, last)
      const across = sourceX - left
      const upper = at(values, top * side + left) * (1 - across) + at(values, top * side + right) * across
      const lower = at(values, bottom * side + left) * (1 - across) + at(values, bottom * side + right) * across
      result[y * size + x] = upper * (1 - down) + lower * down
    }
  }
  return result
}

function at(values: Float32Array, index: number): number {
  return values[index] ?? 0
}

/** RGBA bytes, opaque; a range of no width gets the map's lowest colour. */
export function colourPixels(
  values: Float32Array,
  range: ValueRange,
  name: ColourMapName,
): Uint8ClampedArray<ArrayBuffer> {
  const colours = lookupTable(name)
  const scale = range.high > range.low ? 255 / (range.high - range.low) : 0
  const pixels = new Uint8ClampedArray(values.length * 4)
  // Four bytes at a time: a map is coloured anew with every step of a slider.
  const words = new Uint32Array(pixels.buffer)
  for (let index = 0; index < values.length; index++) {
    const step = Math.min(255, Math.max(0, Math.round((at(values, index) - range.low) * scale)))
    words[index] = colours[step] ?? 0
  }
  return pixels
}

/** Black that is the more opaque the lower the value: laid over a picture, the map lights it. */
export function shadePixels(values: Float32Array, range: ValueRange): Uint8ClampedArray<ArrayBuffer> {
  const scale = range.high > range.low ? 255 / (range.high - range.low) : 0
  const pixels = new Uint8ClampedArray(values.length * 4)
  for (let index = 0; index < values.length; index++) {
    pixels[index * 4 + 3] = Math.round(255 - (at(values, index) - range.low) * scale)
  }
  return pixels
}

/**
 * Three components `[count, 3]` as opaque colours: each from its own lowest to its own highest value,
 * the first as red, the second as green, the third as blue.
 */
export function componentPixels(components: Float32Array): Uint8ClampedArray<ArrayBuffer> {
  const count = components.length / 3
  const pixels = new Uint8ClampedArray(count * 4).fill(255)
  for (let channel = 0; channel < 3; channel++) {
    const values = Float32Array.from({ length: count }, (_, row) => at(components, row * 3 + channel))
    const { low, high } = rangeOf(values)
    const scale = high > low ? 255 / (high - low) : 0
    values.forEach((value, row) => {
      pixels[row * 4 + channel] = Math.round((value - low) * scale)
    })
  }
  return pixels
}

/** One channel of an RGB filter `[side, side, 3]` in grey, from the filter's lowest to its highest value. */
export function filterChannelPixels(
  filter: Float32Array,
  side: number,
  channel: number,
): Uint8ClampedArray<ArrayBuffer> {
  const { low, high } = rangeOf(filter)
  const scale = high > low ? 255 / (high - low) : 0
  const pixels = new Uint8ClampedArray(side * side * 4).fill(255)
  for (let index = 0; index < side * side; index++) {
    pixels.fill(Math.round((at(filter, index * 3 + channel) - low) * scale), index * 4, index * 4 + 3)
  }
  return pixels
}

const lookupTables = new Map<ColourMapName, Uint32Array>()

/** 256 colours as RGBA bytes. */
function lookupTable(name: ColourMapName): Uint32Array {
  const known = lookupTables.get(name)
  if (known !== undefined) return known
  const colour = colourMap(name)
  const table = new Uint8ClampedArray(256 * 4)
  for (let step = 0; step < 256; step++) {
    table.set([...colour(step / 255), 255], step * 4)
  }
  const words = new Uint32Array(table.buffer)
  lookupTables.set(name, words)
  return words
}

/** RGB bytes to opaque RGBA. */
export function rgbPixels(bytes: Uint8Array, pixelCount: number): Uint8ClampedArray<ArrayBuffer> {
  const pixels = new Uint8ClampedArray(pixelCount * 4)
  for (let index = 0; index < pixelCount; index++) {
    pixels[index * 4] = bytes[index * 3] ?? 0
    pixels[index * 4 + 1] = bytes[index * 3 + 1] ?? 0
    pixels[index * 4 + 2] = bytes[index * 3 + 2] ?? 0
    pixels[index * 4 + 3] = 255
  }
  return pixels
}

/** An RGB filter `[side, side, 3]` from its own lowest to its own highest value, as opaque RGBA. */
export function filterPixels(filter: Float32Array, side: number): Uint8ClampedArray<ArrayBuffer> {
  const { low, high } = rangeOf(filter)
  const scale = high > low ? 255 / (high - low) : 0
  return rgbPixels(
    Uint8Array.from(filter, (value) => Math.round((value - low) * scale)),
    side * side,
  )
}
