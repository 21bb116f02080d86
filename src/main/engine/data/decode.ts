import { readFile, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import sharp, { type Sharp } from 'sharp'
import { VitrineError } from '@shared/errors'
import { readJpegSize } from './jpegSize'
import type { ImageContent } from './sources/source'

// sharp keeps opened files by their path and would show an old picture after the file has changed.
sharp.cache(false)

/** More than any camera takes; a small file can claim to be much larger. */
const maxPixels = 100_000_000
export const defaultBackground = '#ffffff'
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
 * Decodes an image file as `decodeContent` does.
 *
 * @throws UnusableImage
 */
export function decodeSquare(path: string, side: number): Promise<DecodedImage> {
  return decoding(path, async () => {
    await checkIsFile(path)
    const bytes = await readFile(path).catch((error: unknown) => {
      throw new UnusableImage(path, "it can't be opened", error)
    })
    return toSquare(path, { kind: 'encoded', bytes }, { side, background: defaultBackground })
  })
}

export interface SquareOptions {
  side: number
  /** Colour behind transparent pixels, `#rrggbb`. */
  background: string
}

/**
 * Decodes an image upright, as sRGB over `background`, and squashes it to a square. The triangle
 * filter, widened when shrinking, is torchvision's `Resize((side, side))` with antialias.
 *
 * @param file its name, for messages
 * @throws UnusableImage
 */
export function decodeContent(file: string, content: ImageContent, options: SquareOptions): Promise<DecodedImage> {
  return decoding(file, () => toSquare(file, content, options))
}

async function toSquare(file: string, content: ImageContent, options: SquareOptions): Promise<DecodedImage> {
  const { side, background } = options
  if (content.kind === 'pixels') return rawToSquare(content, side)
  if (content.bytes.length === 0) throw new UnusableImage(file, 'the file is empty')
  const image = openImage(content.bytes)
  const { width, height } = readJpegSize(content.bytes) ?? (await sizeOf(file, image))
  const pixels = await image
    .flatten({ background })
    .resize(side, side, { fit: 'fill', kernel: 'linear' })
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer()
  if (pixels.length !== side * side * 3) throw new UnusableImage(file, 'its colours are of an unknown kind')
  return { pixels, width, height }
}

async function rawToSquare(content: ImageContent & { kind: 'pixels' }, side: number): Promise<DecodedImage> {
  const { width, height, channels, pixels } = content
  const colours = channels === 3 ? pixels : inThreeChannels(pixels)
  if (width === side && height === side) return { pixels: colours, width, height }
  const resized = await sharp(colours, { raw: { width, height, channels: 3 } })
    .resize(side, side, { fit: 'fill', kernel: 'linear' })
    .raw({ depth: 'uchar' })
    .toBuffer()
  return { pixels: resized, width, height }
}

function inThreeChannels(grey: Uint8Array): Uint8Array {
  const colours = new Uint8Array(grey.length * 3)
  for (const [at, value] of grey.entries()) colours.fill(value, at * 3, at * 3 + 3)
  return colours
}

/**
 * PNG of an image, upright and in its own aspect, at most `maxSide` pixels on the longer side.
 *
 * @throws UnusableImage
 */
export function decodePicture(path: string, maxSide: number): Promise<Uint8Array> {
  return decoding(path, async () => {
    await checkIsFile(path)
    const image = openImage(path)
    await sizeOf(path, image)
    return image
      .flatten({ background: defaultBackground })
      .resize(maxSide, maxSide, { fit: 'inside', withoutEnlargement: true })
      .toColourspace('srgb')
      .png({ compressionLevel: 3 })
      .toBuffer()
  })
}

/**
 * Decodes an image upright, in its own size: RGB bytes `[height, width, 3]`.
 *
 * @throws UnusableImage
 */
export function decodeWhole(path: string): Promise<DecodedImage> {
  return decoding(path, async () => {
    await checkIsFile(path)
    const image = openImage(path)
    const { width, height } = await sizeOf(path, image)
    const pixels = await image
      .flatten({ background: defaultBackground })
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer()
    if (pixels.length !== width * height * 3) throw new UnusableImage(path, 'its colours are of an unknown kind')
    return { pixels, width, height }
  })
}

/** Opening a pipe would wait for somebody to write into it. */
async function checkIsFile(path: string): Promise<void> {
  const stats = await stat(path).catch(() => null)
  if (stats === null) throw new UnusableImage(path, 'there is no such file')
  if (!stats.isFile()) throw new UnusableImage(path, 'it is not a file')
  if (stats.size === 0) throw new UnusableImage(path, 'the file is empty')
}

function openImage(input: string | Uint8Array): Sharp {
  return sharp(input, { failOn: 'error', autoOrient: true, limitInputPixels: maxPixels })
}

/** Size of the upright image in pixels. @throws UnusableImage for formats that aren't read */
async function sizeOf(file: string, image: Sharp): Promise<{ width: number; height: number }> {
  const { format, autoOrient } = await image.metadata()
  if (!formats.includes(format)) throw new UnusableImage(file, `it is not a ${formatNames} image`)
  return autoOrient
}

async function decoding<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof UnusableImage) throw error
    throw new UnusableImage(path, reasonOf(error), error)
  }
}

function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  if (message.includes('pixel limit')) return `it has more than ${Math.floor(maxPixels / 1e6)} million pixels`
  if (message.includes('unsupported image format')) return `it is not a ${formatNames} image`
  if (/permission|unable to open/i.test(message)) return "it can't be opened"
  return 'the picture is damaged or cut off'
}
