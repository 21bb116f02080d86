import { leadingEigenpairs } from './symmetricEigen'

export interface PrincipalComponents {
  /** Unit vectors, one after another, largest variance first: [count, values]. */
  components: Float32Array
  /** Variance of the rows along each component (divided by rows − 1): [count]. */
  explainedVariance: number[]
  count: number
}

/** Variances below this share of the largest are rounding: the rows don't reach into that direction. */
const negligibleShare = 1e-12

/** Rows that `productsOfRows` takes at a time. */
const tile = 4

/**
 * Principal components of mean-centred rows, as scikit-learn's `PCA` gives them but for the signs:
 * the largest absolute entry of a component is positive here.
 *
 * Works on the smaller of the two Gram matrices, so 1,024 filters of 3,072 values take seconds.
 * @param rows [rowCount, values], row by row
 * @param most components wanted; there are fewer where the rows span fewer directions
 */
export function principalComponents(
  rows: Float32Array,
  rowCount: number,
  values: number,
  most: number,
): PrincipalComponents {
  const overRows = rowCount <= values
  // Rows of zeros at the end make whole tiles; they only add eigenvalues of zero.
  const size = overRows ? Math.ceil(rowCount / tile) * tile : values
  const centred = subtractMean(rows, rowCount, values, overRows ? size : rowCount)
  const gram = overRows ? productsOfRows(centred, size, values) : productsOfColumns(centred, rowCount, values)
  const pairs = leadingEigenpairs(gram, size, Math.min(most, rowCount - 1, values))
  const largest = pairs[0]?.value ?? 0
  const kept = pairs.filter((pair) => pair.value > largest * negligibleShare && pair.value > 0)

  const components = new Float32Array(kept.length * values)
  kept.forEach((pair, index) => {
    const direction = overRows ? combineRows(centred, pair.vector, values) : pair.vector
    components.set(unitWithPositivePeak(direction), index * values)
  })
  const explainedVariance = kept.map((pair) => pair.value / (rowCount - 1))
  return { components, explainedVariance, count: kept.length }
}

/** Variance of rows in all directions together (divided by rows − 1), which the components' variances are shares of. */
export function totalVariance(rows: Float32Array, rowCount: number): number {
  const values = rows.length / rowCount
  const centred = subtractMean(rows, rowCount, values, rowCount)
  return centred.reduce((sum, value) => sum + value * value, 0) / (rowCount - 1)
}

/** [rowCount, values] to [paddedCount, values], the added rows zero. */
function subtractMean(rows: Float32Array, rowCount: number, values: number, paddedCount: number): Float64Array {
  const centred = new Float64Array(paddedCount * values)
  centred.set(rows)
  for (let k = 0; k < values; k++) {
    let sum = 0
    for (let r = 0; r < rowCount; r++) sum += rows[r * values + k] ?? 0
    const mean = sum / rowCount
    for (let r = 0; r < rowCount; r++) centred[r * values + k] = (rows[r * values + k] ?? 0) - mean
  }
  return centred
}

/**
 * Lower triangle of X·Xᵀ, [rowCount, rowCount]; `rowCount` is a multiple of the tile. Products of
 * four rows with two at a time: each value that is loaded serves several sums.
 */
function productsOfRows(x: Float64Array, rowCount: number, values: number): Float64Array {
  const gram = new Float64Array(rowCount * rowCount)
  for (let i = 0; i < rowCount; i += tile) {
    for (let j = 0; j < i + tile; j += 2) {
      let s00 = 0
      let s01 = 0
      let s10 = 0
      let s11 = 0
      let s20 = 0
      let s21 = 0
      let s30 = 0
      let s31 = 0
      for (let k = 0; k < values; k++) {
        const a0 = x[i * values + k] ?? 0
        const a1 = x[(i + 1) * values + k] ?? 0
        const a2 = x[(i + 2) * values + k] ?? 0
        const a3 = x[(i + 3) * values + k] ?? 0
        const b0 = x[j * values + k] ?? 0
        const b1 = x[(j + 1) * values + k] ?? 0
        s00 += a0 * b0
        s01 += a0 * b1
        s10 += a1 * b0
        s11 += a1 * b1
        s20 += a2 * b0
        s21 += a2 * b1
        s30 += a3 * b0
        s31 += a3 * b1
      }
      const first = i * rowCount + j
      gram[first] = s00
      gram[first + 1] = s01
      gram[first + rowCount] = s10
      gram[first + rowCount + 1] = s11
      gram[first + 2 * rowCount] = s20
      gram[first + 2 * rowCount + 1] = s21
      gram[first + 3 * rowCount] = s30
      gram[first + 3 * rowCount + 1] = s31
    }
  }
  return gram
}

/** Lower triangle of Xᵀ·X, [values, values]. */
function productsOfColumns(x: Float64Array, rowCount: number, values: number): Float64Array {
  const gram = new Float64Array(values * values)
  for (let r = 0; r < rowCount; r++) {
    const row = x.subarray(r * values, (r + 1) * values)
    for (let i = 0; i < values; i++) {
      const entry = row[i] ?? 0
      for (let j = 0; j <= i; j++) gram[i * values + j] = (gram[i * values + j] ?? 0) + entry * (row[j] ?? 0)
    }
  }
  return gram
}

/** Xᵀ·weights, [values]. */
function combineRows(x: Float64Array, weights: Float64Array, values: number): Float64Array {
  const sum = new Float64Array(values)
  for (let r = 0; r < weights.length; r++) {
    const weight = weights[r] ?? 0
    for (let k = 0; k < values; k++) sum[k] = (sum[k] ?? 0) + weight * (x[r * values + k] ?? 0)
  }
  return sum
}

function unitWithPositivePeak(direction: Float64Array): Float64Array {
  let peak = 0
  let squares = 0
  for (const entry of direction) {
    if (Math.abs(entry) > Math.abs(peak)) peak = entry
    squares += entry * entry
  }
  const factor = Math.sign(peak) / Math.sqrt(squares)
  return direction.map((entry) => entry * factor)
}
