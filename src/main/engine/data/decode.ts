import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import sharp, { type Sharp } from 'sharp'
import { VitrineError } from '@shared/errors'

// sharp keeps opened files by their path and would show an old picture after the file has changed.
sharp.cache(false)

/** More than any camera takes; a small file can claim to be much larger. */
const maxPixels = 2 ** 27
const formats: readonly string[] = ['jpeg', 'png', 'webp', 'gif', 'tiff', 'heif']
const formatNames = 'JPEG, PNG, WebP, GIF, TIFF or AVIF'

/** An image file that can't be used; `reason` is a clause without the file's name. */
export class UnusableImage extends VitrineError {
  constructor(
    path: string,
    readonly reason: string,
    cause?: unknown,
  ) {
    super('unreadable', `${basename(path)} can't be used, because ${reason}: choose another image.`, { cause })
    this.name = 'UnusableImage'
  }
}

export interface DecodedImage {
  /** `[side, side, 3]`, RGB. */
  pixels: Uint8Array
  /** Size of the picture before, upright, in pixels. */
  width: number
  height: number
}

/**
 * Decodes an image upright, as sRGB over white, and squashes it to a square. The triangle filter,
 * widened when shrinking, is torchvision's `Resize((side, side))` with antialias.
 *
 * @throws UnusableImage
 */
export function decodeSquare(path: string, side: number): Promise<DecodedImage> {
  return decoding(path, async () => {
    const { image, width, height } = await openImage(path)
    const pixels = await image
      .resize(side, side, { fit: 'fill', kernel: 'linear' })
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer()
    if (pixels.length !== side * side * 3) throw new UnusableImage(path, 'its colours are of an unknown kind')
    return { pixels, width, height }
  })
}

/**
 * PNG of an image, upright and in its own aspect, at most `maxSide` pixels on the longer side.
 *
 * @throws UnusableImage
 */
export function decodePicture(path: string, maxSide: number): Promise<Uint8Array> {
  return decoding(path, async () => {
    const { image } = await openImage(path)
    return image
      .resize(maxSide, maxSide, { fit: 'inside', withoutEnlargement: true })
      .toColourspace('srgb')
      .png({ compressionLevel: 3 })
      .toBuffer()
  })
}

async function openImage(path: string): Promise<{ image: Sharp; width: number; height: number }> {
  const image = sharp(path, { failOn: 'error', autoOrient: true, limitInputPixels: maxPixels })
  const { format, autoOrient } = await image.metadata()
  if (!formats.includes(format)) throw new UnusableImage(path, `it is not a ${formatNames} image`)
  return { image: image.flatten({ background: '#ffffff' }), ...autoOrient }
}

async function decoding<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof UnusableImage) throw error
    throw new UnusableImage(path, await reasonOf(error, path), error)
  }
}

async function reasonOf(error: unknown, path: string): Promise<string> {
  const message = error instanceof Error ? error.message : String(error)
  const stats = await stat(path).catch(() => null)
  if (stats === null) return 'there is no such file'
  if (!stats.isFile()) return 'it is not a file'
  if (stats.size === 0) return 'the file is empty'
  if (message.includes('pixel limit')) return `it has more than ${Math.floor(maxPixels / 1e6)} million pixels`
  if (message.includes('unsupported image format')) return `it is not a ${formatNames} image`
  if (/permission|unable to open|EACCES/i.test(message)) return "it can't be opened"
  return 'the picture is damaged or cut off'
}
