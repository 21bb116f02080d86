import type { AttentionMaps } from './attentionMaps'

/** Products of one [tokens, tokens] matrix per layer, the lowest layer's on the right. */

/** Gives the matrix of one layer for one image. */
export type LayerMatrix = (layer: number, image: number) => Float64Array

/** The product for every image, [batch, tokens, tokens]. */
export function layerProducts({ batch, layers, tokens }: AttentionMaps, matrixOf: LayerMatrix): Float32Array {
  const result = new Float32Array(batch * tokens * tokens)
  for (let image = 0; image < batch; image++) {
    const product = layerProduct(layers.length, tokens, (layer) => matrixOf(layer, image))
    result.set(product, image * tokens * tokens)
  }
  return result
}

/** One query's row of the product for one image, [tokens]: the same as in `layerProducts`, with far less work. */
export function layerProductOfQuery(
  { layers, tokens }: AttentionMaps,
  image: number,
  query: number,
  matrixOf: LayerMatrix,
): Float32Array {
  const start = new Float64Array(tokens)
  start[query] = 1
  return Float32Array.from(layerProductRow(layers.length, start, (layer) => matrixOf(layer, image)))
}

/** The mean of the patches' rows of the product for one image, [tokens]. */
export function layerProductOfPatches(
  { layers, tokens, prefixTokens }: AttentionMaps,
  image: number,
  matrixOf: LayerMatrix,
): Float32Array {
  const start = new Float64Array(tokens).fill(1 / (tokens - prefixTokens), prefixTokens)
  return Float32Array.from(layerProductRow(layers.length, start, (layer) => matrixOf(layer, image)))
}

/** The whole product, [tokens, tokens]. */
function layerProduct(depth: number, tokens: number, matrixOf: (layer: number) => Float64Array): Float64Array {
  let product = matrixOf(0)
  for (let layer = 1; layer < depth; layer++) product = multiply(matrixOf(layer), product, tokens)
  return product
}

/** A row, [tokens], times the product: a row times a matrix per layer instead of two matrices. */
function layerProductRow(depth: number, start: Float64Array, matrixOf: (layer: number) => Float64Array): Float64Array {
  const tokens = start.length
  let values = start
  for (let layer = depth - 1; layer >= 0; layer--) {
    const matrix = matrixOf(layer)
    const next = new Float64Array(tokens)
    values.forEach((weight, i) => {
      addMultiple(next, 0, matrix, i * tokens, weight, tokens)
    })
    values = next
  }
  return values
}

function multiply(left: Float64Array, right: Float64Array, size: number): Float64Array {
  const product = new Float64Array(size * size)
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < size; k++) {
      addMultiple(product, i * size, right, k * size, left[i * size + k] ?? 0, size)
    }
  }
  return product
}

function addMultiple(
  target: Float64Array,
  targetStart: number,
  source: Float64Array,
  sourceStart: number,
  factor: number,
  count: number,
): void {
  for (let j = 0; j < count; j++) {
    target[targetStart + j] = (target[targetStart + j] ?? 0) + factor * (source[sourceStart + j] ?? 0)
  }
}
