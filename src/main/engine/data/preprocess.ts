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
 * From bytes to a model's input: (pixel ÷ 255 − mean) ÷ std for each channel.
 *
 * @param pixels `[side, side, 3]`
 * @returns `[3, side, side]`
 */
export function normalisePixels(
  pixels: Uint8Array,
  side: number,
  mean: readonly number[],
  std: readonly number[],
): Float32Array {
  const plane = side * side
  const normalised = new Float32Array(3 * plane)
  for (let channel = 0; channel < 3; channel++) {
    const scale = 1 / (255 * (std[channel] ?? 1))
    const shift = (mean[channel] ?? 0) / (std[channel] ?? 1)
    for (let i = 0; i < plane; i++) {
      normalised[channel * plane + i] = (pixels[i * 3 + channel] ?? 0) * scale - shift
    }
  }
  return normalised
}
