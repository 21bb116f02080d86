import type { ChartTheme } from './chartTheme'
import type { ChartOption } from './registerCharts'
import type { Point } from './thinning'

export interface Curve {
  name: string
  points: Point[]
  colour: string
  width: number
  opacity: number
  /** Written at the line's end. */
  labelled: boolean
  /** Markers, for curves of few points. */
  dots: boolean
}

export interface CurveChart {
  curves: Curve[]
  xName: string
  /** The axis ends here, so that it doesn't move while points arrive. */
  xMax: number | null
  xMin: number
  yMin: number | null
  yMax: number | null
  /** Distance of the grid lines; null leaves it to the chart. */
  yInterval: number | null
  compact: boolean
  formatY: (value: number) => string
  formatX: (value: number) => string
}

/** Lines over a shared x axis; pure, so that it can be tested without a canvas. */
export function curveOption(chart: CurveChart, theme: ChartTheme): ChartOption {
  const labelSpace = chart.curves.some((curve) => curve.labelled && curve.points.length > 0) ? 84 : 16
  const axisText = { color: theme.mutedText, fontFamily: theme.fontFamily, fontSize: 11 }
  return {
    animation: false,
    grid: { left: 8, right: labelSpace, top: 12, bottom: chart.compact ? 4 : 20, containLabel: true },
    xAxis: {
      type: 'value',
      min: chart.xMin,
      ...(chart.xMax === null ? {} : { max: chart.xMax }),
      ...(chart.compact ? {} : { name: chart.xName }),
      nameLocation: 'middle',
      nameGap: 26,
      nameTextStyle: axisText,
      axisLabel: { ...axisText, hideOverlap: true },
      axisLine: { lineStyle: { color: theme.gridLine } },
      axisTick: { show: false },
      splitLine: { show: false },
      minInterval: 1,
      splitNumber: chart.compact ? 3 : 6,
    },
    yAxis: {
      type: 'value',
      scale: chart.yMin === null,
      ...(chart.yMin === null ? {} : { min: chart.yMin }),
      ...(chart.yMax === null ? {} : { max: chart.yMax }),
      ...(chart.yInterval === null ? {} : { interval: chart.yInterval }),
      axisLabel: { ...axisText, formatter: (value: number) => chart.formatY(value) },
      axisLine: { show: false },
      axisTick: { show: false },
      splitLine: { lineStyle: { color: theme.gridLine } },
      splitNumber: chart.compact ? 2 : 4,
    },
    tooltip: {
      trigger: 'axis',
      axisPointer: { type: 'line', lineStyle: { color: theme.mutedText, width: 1 } },
      backgroundColor: theme.surface,
      borderColor: theme.gridLine,
      textStyle: { color: theme.text, fontFamily: theme.fontFamily, fontSize: 12 },
      confine: true,
      transitionDuration: 0,
      formatter: (hovered) => tooltipText(hovered, chart),
    },
    series: chart.curves.map((curve) => ({
      type: 'line',
      name: curve.name,
      data: curve.points,
      showSymbol: curve.dots && curve.points.length < 60,
      symbol: 'circle',
      symbolSize: 5,
      sampling: 'lttb',
      color: curve.colour,
      lineStyle: { color: curve.colour, width: curve.width, opacity: curve.opacity },
      itemStyle: { color: curve.colour, opacity: curve.opacity },
      emphasis: { disabled: true },
      endLabel: {
        show: curve.labelled,
        formatter: curve.name,
        color: theme.text,
        fontFamily: theme.fontFamily,
        fontSize: 12,
        distance: 6,
        offset: [0, labelShift(curve, chart.curves)],
      },
    })),
  }
}

/** Two labels at about the same height move apart: the upper one up, the lower one down. */
function labelShift(curve: Curve, curves: readonly Curve[]): number {
  const own = curve.points.at(-1)?.[1]
  const other = curves.find((candidate) => candidate.labelled && candidate !== curve)?.points.at(-1)?.[1]
  if (own === undefined || other === undefined || own === other) return 0
  return own > other ? -7 : 7
}

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

function escaped(text: string): string {
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
export function tooltipText(hovered: HoveredPoint | HoveredPoint[], chart: CurveChart): string {
  const x = hoveredX(hovered)
  if (x === null) return ''
  const lines = chart.curves.flatMap(({ name, points }) => {
    const point = pointNear(points, x, 0.5)
    return point === null ? [] : [`${escaped(name)}: <b>${escaped(chart.formatY(point[1]))}</b>`]
  })
  return [`${escaped(chart.xName)} ${escaped(chart.formatX(x))}`, ...lines].join('<br>')
}
