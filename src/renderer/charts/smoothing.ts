/**
 * Mean of each value and the `window - 1` values before it; fewer at the start. It never looks ahead,
 * so points that are drawn don't change when new ones arrive. A constant series stays exactly what it
 * is, because means are taken of differences from the first value. Values that are not finite are left
 * out of the means.
 */
export function trailingMean(values: readonly number[], window: number): number[] {
  const width = Math.max(1, Math.floor(window))
  if (width === 1) return [...values]
  const origin = values.find(Number.isFinite) ?? 0
  let sum = 0
  let count = 0
  return values.map((value, index) => {
    if (Number.isFinite(value)) {
      sum += value - origin
      count += 1
    }
    const leaving = values[index - width]
    if (leaving !== undefined && Number.isFinite(leaving)) {
      sum -= leaving - origin
      count -= 1
    }
    return count === 0 ? Number.NaN : origin + sum / count
  })
}
