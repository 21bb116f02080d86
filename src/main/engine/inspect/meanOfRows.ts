/** Mean of the rows of a matrix [rows, width]: [width]. */
export function meanOfRows(matrix: Float32Array, width: number): Float32Array {
  const sums = new Float64Array(width)
  for (let i = 0; i < matrix.length; i++) sums[i % width] = (sums[i % width] ?? 0) + (matrix[i] ?? 0)
  const rows = matrix.length / width
  return Float32Array.from(sums, (sum) => sum / rows)
}
