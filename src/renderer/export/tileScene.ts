import type { ColourMapName } from '@shared/colour/colourMaps'
import { canvasOfPixels } from '../maps/pictureCanvas'
import type { ValueRange } from '../maps/tokenMaps'
import { scaleHeight, scaleShapes } from './scaleShapes'
import { words, type Scene, type SceneTheme, type Shape } from './scene'

/** A small picture of its own pixels. */
interface Tile {
  /** RGBA, row by row. */
  pixels: Uint8ClampedArray<ArrayBuffer>
  columns: number
  rows: number
  caption: string
}

export interface TileFigure {
  title: string
  tiles: readonly Tile[]
  /** Tiles in a row. */
  across: number
  /** Side of a tile in CSS pixels. */
  tileSide: number
  scale?: { range: ValueRange; colours: ColourMapName; label: string }
}

const gap = 10
const titleHeight = 32
const captionHeight = 18

/** Tiles row by row, each with its words below. */
export function tileScene({ title, tiles, across, tileSide, scale }: TileFigure, theme: SceneTheme): Scene {
  const hasCaptions = tiles.some(({ caption }) => caption !== '')
  const stepX = tileSide + gap
  const stepY = tileSide + gap + (hasCaptions ? captionHeight : 0)
  const width = Math.max(320, Math.min(across, tiles.length) * stepX + gap)
  const rows = Math.ceil(tiles.length / across)
  const bottom = titleHeight + rows * stepY + gap
  const shapes = tiles.flatMap((tile, index): Shape[] => {
    const x = gap + (index % across) * stepX
    const y = titleHeight + Math.floor(index / across) * stepY
    const source = canvasOfPixels(tile.pixels, tile.columns, tile.rows)
    const picture = {
      kind: 'picture' as const,
      source,
      x,
      y,
      width: tileSide,
      height: tileSide,
      opacity: 1,
      pixelated: true,
    }
    if (tile.caption === '') return [picture]
    const middle = { x: x + tileSide / 2, y: y + tileSide + captionHeight / 2 + 1 }
    return [picture, words(tile.caption, middle.x, middle.y, { colour: theme.mutedText, size: 11, anchor: 'middle' })]
  })
  return {
    width,
    height: bottom + (scale === undefined ? 0 : scaleHeight),
    background: theme.background,
    fontFamily: theme.fontFamily,
    shapes: [
      words(title, gap, titleHeight / 2, { colour: theme.text, size: 13 }),
      ...shapes,
      ...(scale === undefined ? [] : scaleShapes(scale, { x: 0, y: bottom - 4, width }, theme)),
    ],
  }
}
