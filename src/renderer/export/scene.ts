/** A figure as shapes: drawn on a canvas for a picture, or written as an SVG whose words and lines stay sharp. */

export interface Picture {
  kind: 'picture'
  source: HTMLImageElement | HTMLCanvasElement
  x: number
  y: number
  width: number
  height: number
  opacity: number
  /** Enlarged pixels stay squares. */
  pixelated: boolean
}

export interface Rectangle {
  kind: 'rectangle'
  x: number
  y: number
  width: number
  height: number
  fill: string | null
  stroke: string | null
  strokeWidth: number
}

export interface Words {
  kind: 'words'
  text: string
  x: number
  /** Of the middle of the line. */
  y: number
  size: number
  colour: string
  anchor: 'start' | 'middle' | 'end'
  /** Clockwise, in degrees. */
  turn: number
}

export type Shape = Picture | Rectangle | Words

/** Sizes are in CSS pixels. */
export interface Scene {
  width: number
  height: number
  background: string
  fontFamily: string
  shapes: readonly Shape[]
}

/** The colours that a scene is drawn in. */
export interface SceneTheme {
  background: string
  text: string
  mutedText: string
  line: string
  fontFamily: string
}

export function words(
  text: string,
  x: number,
  y: number,
  look: Partial<Omit<Words, 'kind' | 'text' | 'x' | 'y'>> & { colour: string },
): Words {
  return { kind: 'words', text, x, y, size: 12, anchor: 'start', turn: 0, ...look }
}

export function outlined(box: { x: number; y: number; width: number; height: number }, stroke: string): Rectangle {
  return { kind: 'rectangle', ...box, fill: null, stroke, strokeWidth: 1 }
}
