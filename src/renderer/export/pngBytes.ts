import { VitrineError } from '@shared/errors'

/** The canvas as a PNG file. @throws VitrineError `unavailable` where it is too large for one */
export async function pngBytes(canvas: HTMLCanvasElement): Promise<Uint8Array<ArrayBuffer>> {
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'))
  if (blob === null) {
    throw new VitrineError('unavailable', 'This figure is too large for a picture: export it as SVG instead.')
  }
  return new Uint8Array(await blob.arrayBuffer())
}
