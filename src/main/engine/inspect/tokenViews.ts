import { componentScores, type ComponentScores } from './componentScores'
import { cosineSimilarity } from './similarity'

/** What the tokens of one image say about it at some depth of the model. */

/** How many deviations from the median make a norm stand out; ordinary tokens stay within three. */
const outlyingDeviations = 6
/** Ratio of a normal distribution's standard deviation to its median absolute deviation. */
const deviationPerMedianDeviation = 1.4826

export interface TokenViews extends ComponentScores {
  /** Cosine similarity between patch tokens, [patches, patches]. */
  similarity: Float32Array
  /** [depths, patches] */
  norms: Float32Array
  highNormPatches: number[]
  /** Mean similarity between different patches at each depth. */
  meanSimilarities: number[]
}

/**
 * @param tokens [tokens, width] at each depth
 * @param depth the one that is looked at closely
 */
export function tokenViews(
  tokens: readonly Float32Array[],
  depth: number,
  width: number,
  prefixTokens: number,
): TokenViews {
  const patches = tokens.map((rows) => rows.subarray(prefixTokens * width))
  const chosen = patches[depth]
  if (chosen === undefined) throw new RangeError(`there are no tokens at depth ${depth}`)
  const count = chosen.length / width
  const norms = new Float32Array(patches.length * count)
  patches.forEach((rows, index) => norms.set(rowNorms(rows, count, width), index * count))
  return {
    ...componentScores(chosen, count, width),
    similarity: cosineSimilarity(chosen, count, width),
    norms,
    highNormPatches: highNormTokens(norms.subarray(depth * count, (depth + 1) * count)),
    meanSimilarities: patches.map((rows) => meanSimilarity(rows, count, width)),
  }
}

/** Euclidean norm of each row, [rowCount]. */
export function rowNorms(rows: Float32Array, rowCount: number, width: number): Float32Array {
  return Float32Array.from({ length: rowCount }, (_, row) => {
    let squares = 0
    for (let k = row * width; k < (row + 1) * width; k++) squares += (rows[k] ?? 0) ** 2
    return Math.sqrt(squares)
  })
}

/**
 * Tokens whose norm stands out from the others': more than six robust standard deviations above the
 * median, and at least half as much again. Trained models keep global information in such patches of
 * plain background (Darcet et al., 2024, "Vision Transformers Need Registers").
 */
export function highNormTokens(norms: Float32Array): number[] {
  const middle = median(norms)
  const deviation = deviationPerMedianDeviation * median(norms.map((norm) => Math.abs(norm - middle)))
  const threshold = Math.max(middle + outlyingDeviations * deviation, 1.5 * middle)
  return Array.from(norms.keys()).filter((token) => (norms[token] ?? 0) > threshold)
}

function median(values: Float32Array): number {
  const sorted = values.slice().sort()
  const half = Math.floor(sorted.length / 2)
  const upper = sorted[half] ?? 0
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? 0) + upper) / 2
}

/**
 * Mean cosine similarity between two different rows: near 1 once the tokens have become alike.
 * Equal to (|Σu|² − n) / (n² − n) for n unit rows u, which needs no pairs; rows of zeros count as 0.
 */
export function meanSimilarity(rows: Float32Array, rowCount: number, width: number): number {
  if (rowCount < 2) return 1
  const norms = rowNorms(rows, rowCount, width)
  const sum = new Float64Array(width)
  let directed = 0
  for (let row = 0; row < rowCount; row++) {
    const norm = norms[row] ?? 0
    if (norm === 0) continue
    directed++
    for (let k = 0; k < width; k++) sum[k] = (sum[k] ?? 0) + (rows[row * width + k] ?? 0) / norm
  }
  const squares = sum.reduce((total, value) => total + value * value, 0)
  return (squares - directed) / (rowCount * rowCount - rowCount)
}
