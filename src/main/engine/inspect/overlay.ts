import sharp from 'sharp'
import { colourMap, type ColourMapName } from '@shared/colour/colourMaps'
import { greyOf } from '@shared/greyscale'

/** An image in memory: RGB bytes, row by row, [height, width, 3]. */
export interface RgbImage {
  width: number
  height: number
  pixels: Uint8Array
}

export interface OverlayOptions {
  colours: ColourMapName
  /** How much of the picture the map covers, from 0 to 1. */
  opacity: number
}

/**
 * Lays a map over a picture: stretched bilinearly between the patch centres, its own smallest value
 * at the colour map's start and its largest at the end.
 * @param map [side, side], row by row
 */
export function overlayMap(picture: RgbImage, map: Float32Array, side: number, options: OverlayOptions): RgbImage {
  const colours = colourMap(options.colours)
  const { width, height } = picture
  const pixels = new Uint8Array(width * height * 3)
  const range = valueRange(map)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const value = sampleBilinear(map, side, ((x + 0.5) / width) * side - 0.5, ((y + 0.5) / height) * side - 0.5)
      const colour = colours(shareOf(range, value))
      const start = (y * width + x) * 3
      for (let channel = 0; channel < 3; channel++) {
        const below = picture.pixels[start + channel] ?? 0
        pixels[start + channel] = Math.round(below + ((colour[channel] ?? 0) - below) * options.opacity)
      }
    }
  }
  return { width, height, pixels }
}

/** The brightness of a picture in three equal channels. */
export function inGrey({ width, height, pixels }: RgbImage): RgbImage {
  const grey = new Uint8Array(pixels.length)
  for (let start = 0; start < pixels.length; start += 3) {
    const value = greyOf(pixels[start] ?? 0, pixels[start + 1] ?? 0, pixels[start + 2] ?? 0)
    grey.fill(Math.round(value), start, start + 3)
  }
  return { width, height, pixels: grey }
}

/** PNG file's bytes. */
export function encodePng({ width, height, pixels }: RgbImage): Promise<Buffer> {
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .png({ compressionLevel: 6 })
    .toBuffer()
}

/** Width and height in a PNG file's header (PNG specification, IHDR). */
export function pngSize(bytes: Uint8Array): { width: number; height: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return { width: view.getUint32(16), height: view.getUint32(20) }
}

/** Stretches an image to exactly the given size, whatever its aspect, with the filter that datasets are made with. */
export async function stretch(image: RgbImage, width: number, height: number): Promise<RgbImage> {
  if (image.width === width && image.height === height) return image
  const pixels = await sharp(image.pixels, { raw: { width: image.width, height: image.height, channels: 3 } })
    .resize(width, height, { fit: 'fill', kernel: 'linear' })
    .raw()
    .toBuffer()
  return { width, height, pixels: new Uint8Array(pixels) }
}

export interface ValueRange {
  low: number
  high: number
}

export function valueRange(values: Float32Array): ValueRange {
  let low = Infinity
  let high = -Infinity
  for (const value of values) {
    low = Math.min(low, value)
    high = Math.max(high, value)
  }
  return { low, high }
}

/** Where a value lies in the range, from 0 to 1; 0 when all values are equal. */
export function shareOf({ low, high }: ValueRange, value: number): number {
  return high > low ? (value - low) / (high - low) : 0
}

/** Value between the cells of a square grid; beyond the outermost centres, the edge's value goes on. */
function sampleBilinear(map: Float32Array, side: number, x: number, y: number): number {
  const column = Math.min(Math.max(x, 0), side - 1)
  const row = Math.min(Math.max(y, 0), side - 1)
  const left = Math.floor(column)
  const top = Math.floor(row)
  const right = Math.min(left + 1, side - 1)
  const bottom = Math.min(top + 1, side - 1)
  const mix = (a: number, b: number, share: number) => a + (b - a) * share
  const upper = mix(map[top * side + left] ?? 0, map[top * side + right] ?? 0, column - left)
  const lower = mix(map[bottom * side + left] ?? 0, map[bottom * side + right] ?? 0, column - left)
  return mix(upper, lower, row - top)
}
