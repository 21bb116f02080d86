import { greyOf } from '@shared/greyscale'
import { decodeSquare, type DecodedImage } from './decode'

export { decodePicture, decodeWhole } from './decode'

/**
 * An image as a model gets it, before normalisation: the resize is that of prepared datasets.
 *
 * @throws VitrineError `unreadable` with the file's name.
 */
export function decodeForModel(path: string, imageSize: number): Promise<DecodedImage> {
  return decodeSquare(path, imageSize)
}

/**
 * From bytes to a model's input: (pixel ÷ 255 − mean) ÷ std for each channel. With one mean and one
 * deviation the input has one channel, the brightness.
 *
 * @param pixels `[side, side, 3]`
 * @returns `[3, side, side]` or `[1, side, side]`
 */
export function normalisePixels(
  pixels: Uint8Array,
  side: number,
  mean: readonly number[],
  std: readonly number[],
): Float32Array {
  const plane = side * side
  const channels = mean.length
  const normalised = new Float32Array(channels * plane)
  if (channels === 1) {
    const [centre = 0] = mean
    const [spread = 1] = std
    for (let i = 0; i < plane; i++) {
      const grey = greyOf(pixels[i * 3] ?? 0, pixels[i * 3 + 1] ?? 0, pixels[i * 3 + 2] ?? 0)
      normalised[i] = (grey / 255 - centre) / spread
    }
    return normalised
  }
  for (let channel = 0; channel < channels; channel++) {
    const scale = 1 / (255 * (std[channel] ?? 1))
    const shift = (mean[channel] ?? 0) / (std[channel] ?? 1)
    for (let i = 0; i < plane; i++) {
      normalised[channel * plane + i] = (pixels[i * 3 + channel] ?? 0) * scale - shift
    }
  }
  return normalised
}
