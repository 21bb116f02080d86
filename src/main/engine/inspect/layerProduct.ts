/** Products of one [tokens, tokens] matrix per layer, the lowest layer's on the right. */

/** The whole product, [tokens, tokens]. */
export function layerProduct(depth: number, tokens: number, matrixOf: (layer: number) => Float64Array): Float64Array {
  let product = matrixOf(0)
  for (let layer = 1; layer < depth; layer++) product = multiply(matrixOf(layer), product, tokens)
  return product
}

/** One row of the product, [tokens]: a row times a matrix per layer instead of two matrices. */
export function layerProductRow(
  depth: number,
  tokens: number,
  row: number,
  matrixOf: (layer: number) => Float64Array,
): Float64Array {
  let values = new Float64Array(tokens)
  values[row] = 1
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
