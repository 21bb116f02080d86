import type { Picture, Rectangle, Scene, Words } from './scene'

/** The scene on a canvas of its own. @param scale pixels of the canvas per CSS pixel */
export function sceneCanvas(scene: Scene, scale: number): HTMLCanvasElement {
  const canvas = document.createElement('canvas')
  canvas.width = Math.round(scene.width * scale)
  canvas.height = Math.round(scene.height * scale)
  const context = canvas.getContext('2d')
  if (context === null) return canvas
  context.scale(scale, scale)
  context.fillStyle = scene.background
  context.fillRect(0, 0, scene.width, scene.height)
  for (const shape of scene.shapes) {
    if (shape.kind === 'picture') drawPicture(context, shape)
    else if (shape.kind === 'rectangle') drawRectangle(context, shape)
    else drawWords(context, shape, scene.fontFamily)
  }
  return canvas
}

function drawPicture(context: CanvasRenderingContext2D, picture: Picture): void {
  context.globalAlpha = picture.opacity
  context.imageSmoothingEnabled = !picture.pixelated
  context.imageSmoothingQuality = 'high'
  context.drawImage(picture.source, picture.x, picture.y, picture.width, picture.height)
  context.globalAlpha = 1
}

function drawRectangle(context: CanvasRenderingContext2D, { x, y, width, height, ...look }: Rectangle): void {
  if (look.fill !== null) {
    context.fillStyle = look.fill
    context.fillRect(x, y, width, height)
  }
  if (look.stroke !== null) {
    context.strokeStyle = look.stroke
    context.lineWidth = look.strokeWidth
    context.strokeRect(x, y, width, height)
  }
}

const alignments = { start: 'left', middle: 'center', end: 'right' } as const

function drawWords(context: CanvasRenderingContext2D, { text, x, y, ...look }: Words, fontFamily: string): void {
  context.save()
  context.translate(x, y)
  context.rotate((look.turn * Math.PI) / 180)
  context.font = `${look.size}px ${fontFamily}`
  context.textBaseline = 'middle'
  context.textAlign = alignments[look.anchor]
  context.fillStyle = look.colour
  context.fillText(text, 0, 0)
  context.restore()
}
