export type Point = [x: number, y: number]

/**
 * At most about `limit` of the points: of every run of neighbours the lowest and the highest, so that no
 * spike is lost. Curves of up to `limit` points stay whole.
 */
export function thinned(xs: ArrayLike<number>, ys: ArrayLike<number>, limit: number): Point[] {
  const count = Math.min(xs.length, ys.length)
  const at = (index: number): Point => [xs[index] ?? 0, ys[index] ?? 0]
  if (count <= limit) return Array.from({ length: count }, (_, index) => at(index))
  const width = Math.ceil((2 * count) / limit)
  const points: Point[] = []
  for (let start = 0; start < count; start += width) {
    const end = Math.min(start + width, count)
    let lowest = start
    let highest = start
    for (let index = start + 1; index < end; index++) {
      if ((ys[index] ?? 0) < (ys[lowest] ?? 0)) lowest = index
      if ((ys[index] ?? 0) > (ys[highest] ?? 0)) highest = index
    }
    points.push(at(Math.min(lowest, highest)))
    if (lowest !== highest) points.push(at(Math.max(lowest, highest)))
  }
  return points
}
