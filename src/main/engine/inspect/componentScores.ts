import { principalComponents } from './pca'

export interface ComponentScores {
  /** [rowCount, wanted]: each row's scores on the first principal components; zero where there are fewer. */
  scores: Float32Array
  /** Share of the rows' variance along each of them. */
  explainedShares: number[]
}

/** Rows as points in the space of their own first principal components. @param rows [rowCount, width] */
export function componentScores(rows: Float32Array, rowCount: number, width: number, wanted = 3): ComponentScores {
  const { components, count, explainedVariance } = principalComponents(rows, rowCount, width, wanted)
  const means = columnMeans(rows, rowCount, width)
  const scores = new Float32Array(rowCount * wanted)
  let squares = 0
  for (let row = 0; row < rowCount; row++) {
    for (let k = 0; k < width; k++) {
      const centred = (rows[row * width + k] ?? 0) - (means[k] ?? 0)
      squares += centred * centred
      for (let component = 0; component < count; component++) {
        const at = row * wanted + component
        scores[at] = (scores[at] ?? 0) + centred * (components[component * width + k] ?? 0)
      }
    }
  }
  const total = squares / (rowCount - 1)
  const explainedShares = Array.from({ length: wanted }, (_, index) =>
    total > 0 ? (explainedVariance[index] ?? 0) / total : 0,
  )
  return { scores, explainedShares }
}

function columnMeans(rows: Float32Array, rowCount: number, width: number): Float64Array {
  const means = new Float64Array(width)
  for (let i = 0; i < rows.length; i++) means[i % width] = (means[i % width] ?? 0) + (rows[i] ?? 0) / rowCount
  return means
}
