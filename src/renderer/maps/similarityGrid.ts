/** The similarity of every position to every other as one picture: a grid of grids. */

/**
 * Spreads `[patches, patches]` over a square of side·side cells a row, with `gap` cells between the
 * tiles. Tile (r, c) holds row r·side + c as a side × side map; gaps are NaN.
 */
export function gridOfGrids(
  similarity: Float32Array,
  side: number,
  gap: number,
): { cells: Float32Array; size: number } {
  const step = side + gap
  const size = side * step - gap
  const patches = side * side
  const cells = new Float32Array(size * size).fill(Number.NaN)
  for (let query = 0; query < patches; query++) {
    const top = Math.floor(query / side) * step
    const left = (query % side) * step
    for (let key = 0; key < patches; key++) {
      const y = top + Math.floor(key / side)
      const x = left + (key % side)
      cells[y * size + x] = similarity[query * patches + key] ?? 0
    }
  }
  return { cells, size }
}

/** Makes the gaps see-through. */
export function clearGaps(pixels: Uint8ClampedArray, cells: Float32Array): void {
  for (let index = 0; index < cells.length; index++) {
    if (Number.isNaN(cells[index])) pixels[index * 4 + 3] = 0
  }
}
