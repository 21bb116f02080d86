import type { CustomSeriesOption } from 'echarts/charts'
import { formatCount } from '../format/numbers'
import type { ChartTheme } from './chartTheme'
import type { CompareStyle } from './compareColours'
import type { CompareAxis, CompareMetric, MeanSeries, MetricSeries } from './compareSeries'
import { curveOption } from './curveChart'
import type { Curve, CurveChart } from './curves'
import type { ChartOption } from './registerCharts'
import { thinned, type Point } from './thinning'
import type { AxisRange } from './zoom'

/** One line of a comparison: a run, or the mean of runs that differ only in their seed. */
export interface CompareLine extends CompareStyle {
  name: string
  letter: string
  series: MetricSeries | MeanSeries
}

export interface CompareChart {
  lines: readonly CompareLine[]
  metric: CompareMetric
  axis: CompareAxis
  scale: CurveChart['scale']
  /** Part of the axis that is shown, in the axis's units; null for all. */
  zoom: AxisRange | null
}

const longestLine = 4_000
const longestBand = 1_000

interface AxisUnit {
  name: string
  /** Of the series' own unit. */
  size: number
  format: (value: number) => string
}

const plain = (value: number) => String(Number(value.toFixed(2)))

/** Time is told in the largest unit of which there are three or more. */
function axisUnit(axis: CompareAxis, furthest: number): AxisUnit {
  if (axis === 'step') return { name: 'step', size: 1, format: formatCount }
  if (axis === 'epoch') return { name: 'epoch', size: 1, format: plain }
  if (furthest >= 3 * 3600) return { name: 'hours of training', size: 3600, format: plain }
  if (furthest >= 3 * 60) return { name: 'minutes of training', size: 60, format: plain }
  return { name: 'seconds of training', size: 1, format: plain }
}

function unitOf({ lines, axis }: Pick<CompareChart, 'lines' | 'axis'>): AxisUnit & { furthest: number } {
  const furthest = Math.max(0, ...lines.map(({ series }) => series.xs.at(-1) ?? 0))
  return { ...axisUnit(axis, furthest), furthest }
}

/** The whole axis, in its units. */
export function compareAxis(chart: Pick<CompareChart, 'lines' | 'axis'>): AxisRange {
  const { furthest, size } = unitOf(chart)
  return { from: 0, to: furthest > 0 ? furthest / size : 1 }
}

/** All lines over one axis; bands behind them. */
export function compareOption(chart: CompareChart, theme: ChartTheme): ChartOption {
  const { lines, metric, scale, zoom } = chart
  const unit = unitOf(chart)
  const { to } = compareAxis(chart)
  const option = curveOption(
    {
      curves: lines.map((line) => curve(line, metric, unit.size)),
      marks: [],
      xName: unit.name,
      xMin: 0,
      xMax: to,
      zoom,
      scale,
      yMin: null,
      yMax: null,
      yInterval: null,
      compact: false,
      formatX: unit.format,
      formatY: metric.format,
      reach: chart.axis === 'epoch' ? 0.5 : to / 50,
    },
    theme,
  )
  const bands = lines.flatMap((line) => bandSeries(line, unit.size))
  return { ...option, series: [...bands, ...[option.series ?? []].flat()] }
}

function curve({ name, letter, colour, dashed, series }: CompareLine, metric: CompareMetric, unit: number): Curve {
  const xs = series.xs.map((x) => x / unit)
  return {
    name: `${letter} · ${name}`,
    endLabel: letter,
    points: thinned(xs, series.ys, longestLine),
    colour,
    width: metric.level === 'step' ? 1.4 : 2.2,
    opacity: 1,
    dashed,
    labelled: true,
    dots: metric.level === 'epoch',
  }
}

/** Corners of the band from left to right along its top, then back along its bottom. */
export function bandOutline({ xs, low, high }: MeanSeries, unit: number): Point[] {
  const step = Math.ceil(xs.length / longestBand)
  const chosen = xs.map((_, index) => index).filter((index) => index % step === 0 || index === xs.length - 1)
  const along = (ys: readonly number[]) => chosen.map((index): Point => [(xs[index] ?? 0) / unit, ys[index] ?? 0])
  return [...along(high), ...along(low).reverse()]
}

/** A polygon: stacked areas would go wrong on a logarithmic axis and below zero. */
function bandSeries({ series, colour }: CompareLine, unit: number): CustomSeriesOption[] {
  if (!('low' in series) || !series.counts.some((count) => count > 1)) return []
  const outline = bandOutline(series, unit)
  return [
    {
      type: 'custom',
      silent: true,
      clip: true,
      z: 1,
      data: outline,
      encode: { x: 0, y: 1, tooltip: [] },
      tooltip: { show: false },
      renderItem: (params, api) =>
        params.dataIndexInside > 0
          ? null
          : {
              type: 'polygon',
              shape: { points: outline.map((point) => api.coord(point)) },
              style: { fill: colour, opacity: 0.16 },
            },
    },
  ]
}
