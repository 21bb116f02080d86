export interface Neighbours {
  /** [points, wanted]: each point's nearest, itself first. */
  indices: Int32Array
  /** [points, wanted] Euclidean */
  distances: Float64Array
  wanted: number
}

/** Points after which the search gives way and tells how far it is. */
const stride = 100

/**
 * The nearest neighbours of every point, by comparing all pairs: exact, and for the ten thousand
 * points of a map as quick as UMAP's own approximate search.
 * @param points [count, width]
 * @param wanted neighbours of each, with itself; at most `count`
 * @returns a generator of the share that is done
 */
export function* nearestNeighbours(
  points: Float32Array,
  count: number,
  width: number,
  wanted: number,
): Generator<number, Neighbours> {
  const indices = new Int32Array(count * wanted).fill(-1)
  const squares = new Float64Array(count * wanted).fill(Infinity)
  const pairs = (count * (count - 1)) / 2

  function note(point: number, other: number, square: number): void {
    const first = point * wanted
    let place = first + wanted - 1
    if (square >= (squares[place] ?? 0)) return
    for (; place > first && (squares[place - 1] ?? 0) > square; place--) {
      squares[place] = squares[place - 1] ?? 0
      indices[place] = indices[place - 1] ?? 0
    }
    squares[place] = square
    indices[place] = other
  }

  for (let point = 0; point < count; point++) {
    // A point comes first even where others lie on the same spot.
    note(point, point, -1)
    for (let other = point + 1; other < count; other++) {
      let square = 0
      for (let value = 0; value < width; value++) {
        const difference = (points[point * width + value] ?? 0) - (points[other * width + value] ?? 0)
        square += difference * difference
      }
      note(point, other, square)
      note(other, point, square)
    }
    if (point % stride === 0) yield pairs === 0 ? 1 : (point * (count - (point + 1) / 2)) / pairs
  }
  return { indices, distances: squares.map((square) => Math.sqrt(Math.max(0, square))), wanted }
}
