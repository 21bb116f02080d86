import type { CurveChart } from './curves'
import type { Point } from './thinning'

/** The point that is nearest to `x`, if one is within `reach`; points are in the order of x. */
export function pointNear(points: readonly Point[], x: number, reach: number): Point | null {
  let low = 0
  let high = points.length
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if ((points[middle]?.[0] ?? Infinity) < x) low = middle + 1
    else high = middle
  }
  const after = points[low]
  const before = points[low - 1]
  const nearest = before !== undefined && (after === undefined || x - before[0] <= after[0] - x) ? before : after
  return nearest !== undefined && Math.abs(nearest[0] - x) <= reach ? nearest : null
}

/** Tooltips are HTML, and names may hold anything. */
export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}

interface HoveredPoint {
  value?: unknown
}

function hoveredX(hovered: HoveredPoint | HoveredPoint[]): number | null {
  const value = (Array.isArray(hovered) ? hovered[0] : hovered)?.value
  const x: unknown = Array.isArray(value) ? value[0] : null
  return typeof x === 'number' ? x : null
}

/** All curves at the hovered place, also those that have a point only once an epoch. */
export function tooltipText(
  hovered: HoveredPoint | HoveredPoint[],
  chart: Pick<CurveChart, 'curves' | 'xName' | 'formatX' | 'formatY' | 'reach'>,
): string {
  const x = hoveredX(hovered)
  if (x === null) return ''
  const lines = chart.curves.flatMap(({ name, points, colour }) => {
    const point = pointNear(points, x, chart.reach ?? 0.5)
    if (point === null) return []
    // A style attribute would be refused by the page's content security policy.
    const dot = `<font color="${colour}">●</font>`
    return [`${dot} ${escaped(name)}: <b>${escaped(chart.formatY(point[1]))}</b>`]
  })
  return [`${escaped(chart.xName)} ${escaped(chart.formatX(x))}`, ...lines].join('<br>')
}
