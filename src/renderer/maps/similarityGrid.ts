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

/**
 * Mean similarity of two positions in the same column that are 0, 1, 2 … rows apart, or in the same
 * row so many columns: `[side]`.
 * @param similarity `[patches, patches]`
 */
export function similarityProfile(similarity: Float32Array, side: number, along: 'rows' | 'columns'): number[] {
  const patches = side * side
  const step = along === 'rows' ? side : 1
  return Array.from({ length: side }, (_, apart) => {
    let sum = 0
    let count = 0
    for (let patch = 0; patch < patches; patch++) {
      const place = along === 'rows' ? Math.floor(patch / side) : patch % side
      if (place + apart >= side) continue
      sum += similarity[patch * patches + patch + apart * step] ?? 0
      count++
    }
    return sum / count
  })
}
