export type Point = [x: number, y: number]

/**
 * At most `limit` points: runs of neighbours become their mean. Enough for a curve that is a few
 * hundred pixels wide, and it keeps updates quick over a hundred thousand steps.
 */
export function thinned(xs: readonly number[], ys: readonly number[], limit: number): Point[] {
  const count = Math.min(xs.length, ys.length)
  const width = Math.max(1, Math.ceil(count / limit))
  const points: Point[] = []
  for (let start = 0; start < count; start += width) {
    const end = Math.min(start + width, count)
    let sumX = 0
    let sumY = 0
    for (let index = start; index < end; index++) {
      sumX += xs[index] ?? 0
      sumY += ys[index] ?? 0
    }
    points.push([sumX / (end - start), sumY / (end - start)])
  }
  return points
}
