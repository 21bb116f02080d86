import sharp from 'sharp'
import { encodePng, type RgbImage } from '@engine/inspect/overlay'
import { html, type Html } from './html'

/** Pictures within the page itself. */

const jpegQuality = 88

/** Maps and tables of few colours: every pixel is kept, and shown as a square where it is enlarged. */
export async function pixelPicture(image: RgbImage, alt: string, shownWidth = image.width): Promise<Html> {
  const data = (await encodePng(image)).toString('base64')
  const height = Math.round((image.height * shownWidth) / image.width)
  return html`<img
    class="pixels"
    src="data:image/png;base64,${data}"
    alt="${alt}"
    width="${shownWidth}"
    height="${height}"
  />`
}

/** Photographs and what is laid over them. */
export async function photograph({ width, height, pixels }: RgbImage, alt: string): Promise<Html> {
  const jpeg = await sharp(pixels, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: jpegQuality, chromaSubsampling: '4:4:4' })
    .toBuffer()
  const data = jpeg.toString('base64')
  return html`<img src="data:image/jpeg;base64,${data}" alt="${alt}" width="${width}" height="${height}" />`
}
