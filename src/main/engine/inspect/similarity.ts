/**
 * Cosine similarity between all pairs of rows, [rowCount, rowCount]. A row of zeros has no
 * direction: its similarity to every row is 0.
 * @param rows [rowCount, width], row by row
 */
export function cosineSimilarity(rows: Float32Array, rowCount: number, width: number): Float32Array {
  const unit = unitRows(rows, rowCount, width)
  const similarity = new Float32Array(rowCount * rowCount)
  for (let i = 0; i < rowCount; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0
      for (let k = 0; k < width; k++) sum += (unit[i * width + k] ?? 0) * (unit[j * width + k] ?? 0)
      similarity[i * rowCount + j] = sum
      similarity[j * rowCount + i] = sum
    }
  }
  return similarity
}

/**
 * How much more alike neighbours are than patches in general: the mean similarity of patches side by
 * side or one above the other, less the mean over all pairs of different patches. 0 for positions that
 * say nothing about the place.
 * @param similarity [side², side²]
 */
export function neighbourContrast(similarity: Float32Array, side: number): number {
  const patches = side * side
  if (side < 2) return 0
  let near = 0
  let all = 0
  for (let patch = 0; patch < patches; patch++) {
    const row = similarity.subarray(patch * patches, (patch + 1) * patches)
    if (patch % side < side - 1) near += row[patch + 1] ?? 0
    if (patch + side < patches) near += row[patch + side] ?? 0
    for (let other = 0; other < patches; other++) if (other !== patch) all += row[other] ?? 0
  }
  return near / (2 * side * (side - 1)) - all / (patches * (patches - 1))
}

function unitRows(rows: Float32Array, rowCount: number, width: number): Float64Array {
  const unit = Float64Array.from(rows)
  for (let i = 0; i < rowCount; i++) {
    const row = unit.subarray(i * width, (i + 1) * width)
    let squares = 0
    for (const value of row) squares += value * value
    const length = Math.sqrt(squares)
    if (length > 0) for (let k = 0; k < width; k++) row[k] = (row[k] ?? 0) / length
  }
  return unit
}
