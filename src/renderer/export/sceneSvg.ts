import type { Picture, Rectangle, Scene, Words } from './scene'

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

function escaped(text: string): string {
  // XML has no place for control characters, not even escaped.
  const allowed = Array.from(text).filter((character) => character >= ' ')
  return allowed.map((character) => escapes[character] ?? character).join('')
}

/**
 * The scene as an SVG file: pictures are embedded, words and boxes stay vectors.
 * @param dataUrl of a picture's own pixels
 */
export function sceneSvg(scene: Scene, dataUrl: (source: Picture['source']) => string = pictureData): string {
  const { width, height, background, fontFamily } = scene
  const shapes = scene.shapes.map((shape) => {
    if (shape.kind === 'picture') return pictureElement(shape, dataUrl)
    return shape.kind === 'rectangle' ? rectangleElement(shape) : wordsElement(shape)
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${escaped(fontFamily)}">`,
    `<rect width="${width}" height="${height}" fill="${background}"/>`,
    ...shapes,
    '</svg>',
    '',
  ].join('\n')
}

function pictureElement(
  { source, x, y, width, height, opacity, pixelated }: Picture,
  dataUrl: (of: Picture['source']) => string,
): string {
  const rendering = pixelated ? ' style="image-rendering:pixelated"' : ''
  return `<image x="${x}" y="${y}" width="${width}" height="${height}" opacity="${opacity}" preserveAspectRatio="none"${rendering} href="${dataUrl(source)}"/>`
}

function rectangleElement({ x, y, width, height, fill, stroke, strokeWidth }: Rectangle): string {
  const line = stroke === null ? '' : ` stroke="${stroke}" stroke-width="${strokeWidth}"`
  return `<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="${fill ?? 'none'}"${line}/>`
}

function wordsElement({ text, x, y, size, colour, anchor, turn }: Words): string {
  const place = turn === 0 ? `x="${x}" y="${y}"` : `transform="translate(${x} ${y}) rotate(${turn})"`
  return `<text ${place} dy="0.35em" font-size="${size}" fill="${colour}" text-anchor="${anchor}">${escaped(text)}</text>`
}

function pictureData(source: Picture['source']): string {
  if (source instanceof HTMLCanvasElement) return source.toDataURL('image/png')
  const canvas = document.createElement('canvas')
  canvas.width = source.naturalWidth
  canvas.height = source.naturalHeight
  canvas.getContext('2d')?.drawImage(source, 0, 0)
  return canvas.toDataURL('image/png')
}
