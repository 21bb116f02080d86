import { colourMap, type ColourMapName } from '@shared/colour/colourMaps'
import { shareOf, valueRange, type RgbImage, type ValueRange } from './overlay'

/** Pictures made of tiles: filters side by side, and the grid of grids of position similarities. */

/**
 * Filters as small RGB images, seven in a row as in figure 7 (left) of Dosovitskiy et al. (2020);
 * each is stretched to the full range on its own.
 * @param filters [count, side, side, 3]
 */
export function filterTiles(filters: Float32Array, count: number, side: number): RgbImage {
  const area = side * side * 3
  const tiles = Array.from({ length: count }, (_, index): RgbImage => {
    const filter = filters.subarray(index * area, (index + 1) * area)
    const range = valueRange(filter)
    return {
      width: side,
      height: side,
      pixels: Uint8Array.from(filter, (value) => Math.round(255 * shareOf(range, value))),
    }
  })
  return arrange(tiles, { columns: 7, scale: Math.max(1, Math.round(64 / side)), gap: 4 })
}

/**
 * One tile per patch that shows how similar its position embedding is to all the others', in the
 * patches' own places (figure 7, middle). Colours run from −1 to 1.
 * @param similarity [side², side²], without the class token
 */
export function similarityTiles(similarity: Float32Array, side: number): RgbImage {
  const patches = side * side
  const tiles = Array.from({ length: patches }, (_, patch) =>
    colourTable(similarity.subarray(patch * patches, (patch + 1) * patches), side, 'viridis', { low: -1, high: 1 }),
  )
  return arrange(tiles, { columns: side, scale: Math.max(1, Math.round(32 / side)), gap: 2 })
}

/**
 * Attention of every head, layers down and heads across; each tile from its own lowest to its highest value.
 * @param rows [layers · heads, patches]
 */
export function attentionTiles(rows: Float32Array, layers: number, heads: number): RgbImage {
  const patches = rows.length / (layers * heads)
  const side = Math.round(Math.sqrt(patches))
  const tiles = Array.from({ length: layers * heads }, (_, index) => {
    const values = rows.subarray(index * patches, (index + 1) * patches)
    return colourTable(values, side, 'inferno', valueRange(values))
  })
  return arrange(tiles, { columns: heads, scale: Math.max(1, Math.round(32 / side)), gap: 2 })
}

/**
 * A table of values as colours, from 0 to the largest: one square per cell.
 * @param values [rows, columns]
 */
export function heatTable(values: Float32Array, columns: number): RgbImage {
  const table = colourTable(values, columns, 'viridis', { low: 0, high: valueRange(values).high })
  return arrange([table], { columns: 1, scale: 24, gap: 0 })
}

function colourTable(values: Float32Array, width: number, colours: ColourMapName, range: ValueRange): RgbImage {
  const colourOf = colourMap(colours)
  const pixels = new Uint8Array(values.length * 3)
  values.forEach((value, i) => pixels.set(colourOf(shareOf(range, value)), i * 3))
  return { width, height: values.length / width, pixels }
}

interface Arrangement {
  columns: number
  /** Pixels of the picture per pixel of a tile. */
  scale: number
  /** White pixels between tiles. */
  gap: number
}

/** Puts tiles of one size into rows. */
function arrange(tiles: readonly RgbImage[], { columns, scale, gap }: Arrangement): RgbImage {
  const [first] = tiles
  if (first === undefined) return { width: 1, height: 1, pixels: Uint8Array.of(255, 255, 255) }
  const across = Math.min(columns, tiles.length)
  const stepX = first.width * scale + gap
  const stepY = first.height * scale + gap
  const width = across * stepX - gap
  const height = Math.ceil(tiles.length / columns) * stepY - gap
  const pixels = new Uint8Array(width * height * 3).fill(255)
  tiles.forEach((tile, index) => {
    const left = (index % columns) * stepX
    const top = Math.floor(index / columns) * stepY
    for (let y = 0; y < tile.height * scale; y++) {
      for (let x = 0; x < tile.width * scale; x++) {
        const source = (Math.floor(y / scale) * tile.width + Math.floor(x / scale)) * 3
        pixels.set(tile.pixels.subarray(source, source + 3), ((top + y) * width + left + x) * 3)
      }
    }
  })
  return { width, height, pixels }
}
