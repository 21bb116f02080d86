import { SeededRandom } from '@shared/random'

/**
 * Leading eigenpairs of a symmetric matrix: Householder tridiagonalisation, bisection on the Sturm
 * sequence for the eigenvalues, inverse iteration for the eigenvectors (Golub & Van Loan, "Matrix
 * Computations", 4th ed., sections 8.3 and 8.4). Unlike subspace iteration it needs no gap between
 * the eigenvalues, which the filters of an untrained model don't have.
 */

export interface Eigenpair {
  value: number
  /** Unit length, [size]. */
  vector: Float64Array
}

interface Tridiagonal {
  /** [size] */
  diagonal: Float64Array
  /** `offDiagonal[i]` couples i and i + 1; [size], the last is 0. */
  offDiagonal: Float64Array
  /** Householder vectors with their scales, in the order they were applied; vector k acts from row k + 1. */
  reflections: { vector: Float64Array; scale: number }[]
}

/**
 * The `count` largest eigenvalues, largest first, with orthonormal eigenvectors.
 * @param matrix symmetric, row by row, [size,size]; only its lower triangle is read, and it is overwritten
 */
export function leadingEigenpairs(matrix: Float64Array, size: number, count: number): Eigenpair[] {
  const tridiagonal = tridiagonalise(matrix, size)
  const random = new SeededRandom(1)
  const found: Eigenpair[] = []
  for (let rank = 0; rank < Math.min(count, size); rank++) {
    const value = eigenvalueByRank(tridiagonal, rank)
    const earlier = found.map((pair) => pair.vector)
    found.push({ value, vector: tridiagonalEigenvector(tridiagonal, value, earlier, random) })
  }
  for (const pair of found) undoReflections(pair.vector, tridiagonal.reflections)
  return found
}

function tridiagonalise(matrix: Float64Array, size: number): Tridiagonal {
  const diagonal = new Float64Array(size)
  const offDiagonal = new Float64Array(size)
  const reflections: Tridiagonal['reflections'] = []
  for (let column = 0; column < size; column++) {
    diagonal[column] = matrix[column * size + column] ?? 0
    if (column === size - 1) break
    const below = new Float64Array(size - column - 1)
    for (let i = 0; i < below.length; i++) below[i] = matrix[(column + 1 + i) * size + column] ?? 0
    const { vector, scale, length } = householder(below)
    offDiagonal[column] = length
    reflections.push({ vector, scale })
    if (scale !== 0) reflectBothSides(matrix, size, column + 1, vector, scale)
  }
  return { diagonal, offDiagonal, reflections }
}

/** The reflection I − scale·v·vᵀ that maps `x` onto `length` times the first axis. */
function householder(x: Float64Array): { vector: Float64Array; scale: number; length: number } {
  const first = x[0] ?? 0
  const norm = Math.sqrt(dot(x, x))
  const rest = norm * norm - first * first
  if (norm === 0 || rest <= 0) return { vector: x, scale: 0, length: first }
  const length = first > 0 ? -norm : norm
  const vector = x.slice()
  vector[0] = first - length
  return { vector, scale: 2 / dot(vector, vector), length }
}

/** Applies the reflection from both sides to the trailing block, on its lower triangle only. */
function reflectBothSides(matrix: Float64Array, size: number, start: number, v: Float64Array, scale: number): void {
  const extent = v.length
  const product = new Float64Array(extent)
  for (let i = 0; i < extent; i++) {
    const row = (start + i) * size + start
    const vi = v[i] ?? 0
    let sum = 0
    for (let j = 0; j < i; j++) {
      const entry = matrix[row + j] ?? 0
      sum += entry * (v[j] ?? 0)
      product[j] = (product[j] ?? 0) + entry * vi
    }
    product[i] = (product[i] ?? 0) + sum + (matrix[row + i] ?? 0) * vi
  }
  const half = (scale * scale * dot(product, v)) / 2
  for (let i = 0; i < extent; i++) product[i] = scale * (product[i] ?? 0) - half * (v[i] ?? 0)
  for (let i = 0; i < extent; i++) {
    const row = (start + i) * size + start
    const vi = v[i] ?? 0
    const wi = product[i] ?? 0
    for (let j = 0; j <= i; j++) {
      matrix[row + j] = (matrix[row + j] ?? 0) - vi * (product[j] ?? 0) - wi * (v[j] ?? 0)
    }
  }
}

/** The eigenvalue that `rank` others exceed. */
function eigenvalueByRank({ diagonal, offDiagonal }: Tridiagonal, rank: number): number {
  const size = diagonal.length
  let low = Infinity
  let high = -Infinity
  for (let i = 0; i < size; i++) {
    // Gershgorin: every eigenvalue lies within a row's radius of its diagonal entry.
    const radius = Math.abs(offDiagonal[i] ?? 0) + Math.abs(offDiagonal[i - 1] ?? 0)
    low = Math.min(low, (diagonal[i] ?? 0) - radius)
    high = Math.max(high, (diagonal[i] ?? 0) + radius)
  }
  for (;;) {
    const middle = low + (high - low) / 2
    if (middle <= low || middle >= high) return middle
    if (countAbove(diagonal, offDiagonal, middle) > rank) low = middle
    else high = middle
  }
}

/** How many eigenvalues exceed `shift`: the positive pivots of the shifted matrix's LDLᵀ. */
function countAbove(diagonal: Float64Array, offDiagonal: Float64Array, shift: number): number {
  let above = 0
  let pivot = 1
  for (let i = 0; i < diagonal.length; i++) {
    const coupling = i === 0 ? 0 : (offDiagonal[i - 1] ?? 0)
    pivot = (diagonal[i] ?? 0) - shift - (coupling === 0 ? 0 : (coupling * coupling) / pivot)
    if (pivot === 0) pivot = -Number.MIN_VALUE * 2 ** 60
    if (pivot > 0) above++
  }
  return above
}

const inverseIterations = 4

/** Inverse iteration; orthogonal to the earlier vectors, so that equal eigenvalues get a whole basis. */
function tridiagonalEigenvector(
  tridiagonal: Tridiagonal,
  value: number,
  earlier: readonly Float64Array[],
  random: SeededRandom,
): Float64Array {
  const vector = Float64Array.from(tridiagonal.diagonal, () => random.uniform(-1, 1))
  orthonormalise(vector, earlier)
  for (let iteration = 0; iteration < inverseIterations; iteration++) {
    solveShifted(tridiagonal, value, vector)
    orthonormalise(vector, earlier)
  }
  return vector
}

/** Solves (T − shift·I)·x = b in place of b, by elimination with row exchanges. */
function solveShifted({ diagonal, offDiagonal }: Tridiagonal, shift: number, b: Float64Array): void {
  const size = diagonal.length
  // Row i of the eliminated matrix holds entries at i, i + 1 and, after an exchange, i + 2.
  const pivots = new Float64Array(size)
  const first = new Float64Array(size)
  const second = new Float64Array(size)
  const scale = diagonal.reduce((most, entry, i) => Math.max(most, Math.abs(entry), Math.abs(offDiagonal[i] ?? 0)), 0)
  const smallest = Math.max(scale * Number.EPSILON, Number.MIN_VALUE * 2 ** 60)
  let pivot = (diagonal[0] ?? 0) - shift
  let next = offDiagonal[0] ?? 0
  for (let i = 0; i < size - 1; i++) {
    const below = offDiagonal[i] ?? 0
    const belowDiagonal = (diagonal[i + 1] ?? 0) - shift
    const belowNext = i + 2 < size ? (offDiagonal[i + 1] ?? 0) : 0
    const here = b[i] ?? 0
    const following = b[i + 1] ?? 0
    if (Math.abs(below) > Math.abs(pivot)) {
      const factor = pivot / below
      pivots[i] = below
      first[i] = belowDiagonal
      second[i] = belowNext
      b[i] = following
      b[i + 1] = here - factor * following
      pivot = next - factor * belowDiagonal
      next = -factor * belowNext
    } else {
      if (Math.abs(pivot) < smallest) pivot = smallest
      const factor = below / pivot
      pivots[i] = pivot
      first[i] = next
      b[i + 1] = following - factor * here
      pivot = belowDiagonal - factor * next
      next = belowNext
    }
  }
  pivots[size - 1] = Math.abs(pivot) < smallest ? smallest : pivot
  for (let i = size - 1; i >= 0; i--) {
    const known = (first[i] ?? 0) * (b[i + 1] ?? 0) + (second[i] ?? 0) * (b[i + 2] ?? 0)
    b[i] = ((b[i] ?? 0) - known) / (pivots[i] ?? 1)
  }
}

/** Gram–Schmidt, twice, because once is not enough when little of the vector is left. */
function orthonormalise(vector: Float64Array, earlier: readonly Float64Array[]): void {
  rescale(vector)
  for (let pass = 0; pass < 2; pass++) {
    for (const other of earlier) subtractMultiple(vector, other, dot(vector, other))
  }
  rescale(vector)
}

function undoReflections(vector: Float64Array, reflections: Tridiagonal['reflections']): void {
  for (let column = reflections.length - 1; column >= 0; column--) {
    const reflection = reflections[column]
    if (reflection === undefined || reflection.scale === 0) continue
    const tail = vector.subarray(column + 1)
    subtractMultiple(tail, reflection.vector, reflection.scale * dot(reflection.vector, tail))
  }
}

function rescale(vector: Float64Array): void {
  const largest = vector.reduce((most, entry) => Math.max(most, Math.abs(entry)), 0)
  if (largest === 0) return
  for (let i = 0; i < vector.length; i++) vector[i] = (vector[i] ?? 0) / largest
  const norm = Math.sqrt(dot(vector, vector))
  for (let i = 0; i < vector.length; i++) vector[i] = (vector[i] ?? 0) / norm
}

function subtractMultiple(target: Float64Array, other: Float64Array, factor: number): void {
  for (let i = 0; i < target.length; i++) target[i] = (target[i] ?? 0) - factor * (other[i] ?? 0)
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0)
  return sum
}
