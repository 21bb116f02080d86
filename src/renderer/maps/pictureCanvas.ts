/** Drawing on canvases: the parts that need a browser. */

export interface Box {
  x: number
  y: number
  width: number
  height: number
}

/** The largest box of the given aspect in the middle of an area. */
export function fittedBox(aspect: number, width: number, height: number): Box {
  const fittedWidth = Math.min(width, height * aspect)
  const fittedHeight = fittedWidth / aspect
  return { x: (width - fittedWidth) / 2, y: (height - fittedHeight) / 2, width: fittedWidth, height: fittedHeight }
}

/** Row and column of the patch under a point, or null outside the picture. */
export function patchAtPoint(x: number, y: number, box: Box, side: number): { row: number; column: number } | null {
  const column = Math.floor(((x - box.x) / box.width) * side)
  const row = Math.floor(((y - box.y) / box.height) * side)
  return row >= 0 && row < side && column >= 0 && column < side ? { row, column } : null
}

/** A canvas of its own that holds RGBA pixels, to be drawn at any size. */
export function canvasOfPixels(
  pixels: Uint8ClampedArray<ArrayBuffer>,
  width: number,
  height: number,
): HTMLCanvasElement {
  const canvas = document.createElement('canvas')
  canvas.width = width
  canvas.height = height
  canvas.getContext('2d')?.putImageData(new ImageData(pixels, width, height), 0, 0)
  return canvas
}

/** Fits a canvas to its place on the screen, in device pixels; drawing then goes in CSS pixels. */
export function preparedContext(
  canvas: HTMLCanvasElement,
  width: number,
  height: number,
): CanvasRenderingContext2D | null {
  const ratio = window.devicePixelRatio
  canvas.width = Math.max(1, Math.round(width * ratio))
  canvas.height = Math.max(1, Math.round(height * ratio))
  const context = canvas.getContext('2d')
  context?.setTransform(ratio, 0, 0, ratio, 0, 0)
  return context
}

export function loadPicture(url: string): Promise<HTMLImageElement> {
  const picture = new Image()
  picture.src = url
  return picture.decode().then(() => picture)
}
