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

function unitRows(rows: Float32Array, rowCount: number, width: number): Float64Array {
  const unit = Float64Array.from(rows)
  for (let i = 0; i < rowCount; i++) {
    const row = unit.subarray(i * width, (i + 1) * width)
    const length = Math.hypot(...row)
    if (length > 0) for (let k = 0; k < width; k++) row[k] = (row[k] ?? 0) / length
  }
  return unit
}
