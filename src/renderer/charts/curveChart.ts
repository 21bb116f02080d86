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
        color: curve.colour,
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

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}

function coordinates(value: unknown): Point | null {
  if (!Array.isArray(value)) return null
  const [x, y]: unknown[] = value
  return typeof x === 'number' && typeof y === 'number' ? [x, y] : null
}

interface HoveredPoint {
  seriesName?: string
  value?: unknown
}

function tooltipText(hovered: HoveredPoint | HoveredPoint[], chart: CurveChart): string {
  const rows = (Array.isArray(hovered) ? hovered : [hovered]).flatMap(({ seriesName, value }) => {
    const point = coordinates(value)
    return point === null ? [] : [{ name: seriesName ?? '', point }]
  })
  const [first] = rows
  if (first === undefined) return ''
  const lines = rows.map(({ name, point }) => `${escaped(name)}: <b>${escaped(chart.formatY(point[1]))}</b>`)
  return [`${escaped(chart.xName)} ${escaped(chart.formatX(first.point[0]))}`, ...lines].join('<br>')
}
