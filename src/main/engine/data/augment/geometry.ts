import type { GeometricOperation } from './operations'

/**
 * Warps as 3×3 matrices, row by row, from a place in the result to the place in the source that is
 * seen there. Places are measured from the image's upper left edge: the first pixel's centre is (½, ½).
 */
export type Matrix = readonly [number, number, number, number, number, number, number, number, number]

export interface Size {
  height: number
  width: number
}

export const identityMatrix: Matrix = [1, 0, 0, 0, 1, 0, 0, 0, 1]

/** The matrix of `a` after `b`: a · b. */
export function multiplyMatrices(a: Matrix, b: Matrix): Matrix {
  const cell = (row: 0 | 3 | 6, column: 0 | 1 | 2) => {
    const [c0, c1, c2] = column === 0 ? [b[0], b[3], b[6]] : column === 1 ? [b[1], b[4], b[7]] : [b[2], b[5], b[8]]
    const [r0, r1, r2] = row === 0 ? [a[0], a[1], a[2]] : row === 3 ? [a[3], a[4], a[5]] : [a[6], a[7], a[8]]
    return r0 * c0 + r1 * c1 + r2 * c2
  }
  return [cell(0, 0), cell(0, 1), cell(0, 2), cell(3, 0), cell(3, 1), cell(3, 2), cell(6, 0), cell(6, 1), cell(6, 2)]
}

function shift(x: number, y: number): Matrix {
  return [1, 0, x, 0, 1, y, 0, 0, 1]
}

function rotation(degrees: number, { height, width }: Size): Matrix {
  const angle = (degrees * Math.PI) / 180
  const [cosine, sine] = [Math.cos(angle), Math.sin(angle)]
  const turn: Matrix = [cosine, -sine, 0, sine, cosine, 0, 0, 0, 1]
  return multiplyMatrices(shift(width / 2, height / 2), multiplyMatrices(turn, shift(-width / 2, -height / 2)))
}

type Points = readonly (readonly [number, number])[]

/** Solves the square system by elimination with pivoting; the rows hold the right-hand side last. */
function solve(rows: number[][]): number[] {
  const count = rows.length
  for (let column = 0; column < count; column++) {
    const candidates = rows.slice(column)
    const pivot = candidates.reduce((best, row) =>
      Math.abs(row[column] ?? 0) > Math.abs(best[column] ?? 0) ? row : best,
    )
    const place = rows.indexOf(pivot)
    const other = rows[column] ?? []
    rows[column] = pivot
    rows[place] = other
    for (const row of rows) {
      if (row === pivot) continue
      const factor = (row[column] ?? 0) / (pivot[column] ?? 1)
      for (let index = column; index <= count; index++) row[index] = (row[index] ?? 0) - factor * (pivot[index] ?? 0)
    }
  }
  return rows.map((row, index) => (row[count] ?? 0) / (row[index] ?? 1))
}

/** The projective map that takes each end point back to its start point. */
function perspective(startPoints: Points, endPoints: Points): Matrix {
  const rows = endPoints.flatMap(([x, y], index) => {
    const [u, v] = startPoints[index] ?? [0, 0]
    return [
      [x, y, 1, 0, 0, 0, -u * x, -u * y, u],
      [0, 0, 0, x, y, 1, -v * x, -v * y, v],
    ]
  })
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = solve(rows)
  return [a, b, c, d, e, f, g, h, 1]
}

/** The image's size after an operation. */
export function sizeAfter(operation: GeometricOperation, before: Size): Size {
  return operation.op === 'resizedCrop' ? { height: operation.size[0], width: operation.size[1] } : before
}

/** @param size of the image before the operation */
export function matrixOf(operation: GeometricOperation, size: Size): Matrix {
  switch (operation.op) {
    case 'resizedCrop': {
      const [height, width] = operation.size
      return [operation.width / width, 0, operation.left, 0, operation.height / height, operation.top, 0, 0, 1]
    }
    case 'horizontalFlip':
      return [-1, 0, size.width, 0, 1, 0, 0, 0, 1]
    case 'verticalFlip':
      return [1, 0, 0, 0, -1, size.height, 0, 0, 1]
    case 'rotate':
      return rotation(operation.degrees, size)
    case 'perspective':
      return perspective(operation.startPoints, operation.endPoints)
    case 'shear':
      return multiplyMatrices([1, operation.x, 0, 0, 1, 0, 0, 0, 1], [1, 0, 0, operation.y, 1, 0, 0, 0, 1])
    case 'translate':
      return shift(-operation.x, -operation.y)
  }
}

/** Several operations in a row as one warp of an image of the given size. */
export function composedMatrix(operations: readonly GeometricOperation[], size: Size): Matrix {
  let matrix = identityMatrix
  let current = size
  for (const operation of operations) {
    matrix = multiplyMatrices(matrix, matrixOf(operation, current))
    current = sizeAfter(operation, current)
  }
  return matrix
}

/** Whether a map only crops, mirrors and moves. */
export function isUpright([, b, , d, , , g, h]: Matrix): boolean {
  return b === 0 && d === 0 && g === 0 && h === 0
}

/** As TensorFlow's `ImageProjectiveTransformV3` takes it: between pixel indices, the last element 1. */
export function transformOf(matrix: Matrix): Float32Array {
  const m = multiplyMatrices(shift(-0.5, -0.5), multiplyMatrices(matrix, shift(0.5, 0.5)))
  return Float32Array.of(...m.slice(0, 8).map((value) => value / m[8]))
}
