import { axisText, tooltipBox, type ChartTheme } from './chartTheme'
import type { Curve, CurveChart } from './curves'
import { tooltipText } from './curveTooltip'
import type { ChartOption } from './registerCharts'
import { spacedPlaces } from './labelPlaces'
import type { AxisRange } from './zoom'
import type { Point } from './thinning'

/** Lines over a shared x axis; pure, so that it can be tested without a canvas. */
export function curveOption(chart: CurveChart, theme: ChartTheme): ChartOption {
  const labelSpace = endLabelSpace(chart.curves)
  const shifts = labelShifts(chart)
  const axis = axisText(theme)
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
      nameTextStyle: axis,
      axisLabel: { ...axis, hideOverlap: true, formatter: (value: number) => chart.formatX(value) },
      axisLine: { lineStyle: { color: theme.gridLine } },
      axisTick: { show: false },
      splitLine: { show: false },
      ...(chart.zoom ? {} : { minInterval: 1 }),
      splitNumber: chart.compact ? 3 : 6,
    },
    yAxis: {
      ...yScale(chart),
      axisLabel: {
        ...axis,
        hideOverlap: true,
        formatter: (value: number) => chart.formatY(value),
        // The ends of a logarithmic axis are no round numbers.
        ...(chart.scale === 'log' ? { showMinLabel: false, showMaxLabel: false } : {}),
      },
      axisLine: { show: false },
      axisTick: { show: false },
      splitLine: { lineStyle: { color: theme.gridLine } },
      splitNumber: chart.compact ? 2 : 4,
    },
    ...(chart.zoom === undefined ? {} : { dataZoom: [insideZoom(chart.zoom)] }),
    tooltip: {
      trigger: 'axis',
      axisPointer: { type: 'line', lineStyle: { color: theme.mutedText, width: 1 } },
      ...tooltipBox(theme),
      transitionDuration: 0,
      formatter: (hovered) => tooltipText(hovered, chart),
    },
    dataset: chart.curves.map(({ points }) => ({
      source: columns(chart.scale === 'log' ? points.filter(([, y]) => y > 0) : points),
      dimensions: ['x', 'y'],
      sourceHeader: false,
    })),
    series: chart.curves.map((curve, index) => ({
      type: 'line',
      name: curve.name,
      datasetIndex: index,
      encode: { x: 0, y: 1 },
      showSymbol: curve.dots && curve.points.length < 60,
      symbol: 'circle',
      symbolSize: 5,
      // Every spike stays in sight, however many points share a pixel.
      sampling: 'minmax',
      color: curve.colour,
      lineStyle: {
        color: curve.colour,
        width: curve.width,
        opacity: curve.opacity,
        type: curve.dashed ? 'dashed' : 'solid',
      },
      itemStyle: { color: curve.colour, opacity: curve.opacity },
      emphasis: { disabled: true },
      endLabel: {
        show: curve.labelled,
        formatter: curve.endLabel ?? curve.name,
        color: theme.text,
        fontFamily: theme.fontFamily,
        fontSize: chart.compact ? 11 : 12,
        distance: 6,
        offset: [0, shifts.get(curve) ?? 0],
      },
      ...(index === 0 ? { markLine: markLines(chart, theme) } : {}),
    })),
  }
}

/** Room at the right, in pixels, for what is written at the lines' ends. */
function endLabelSpace(curves: readonly Curve[]): number {
  const written = curves.filter((curve) => curve.labelled && curve.points.length > 0)
  if (written.length === 0) return 16
  return written.every((curve) => curve.endLabel !== undefined) ? 32 : 84
}

/** x and y in turn. ECharts takes typed arrays as they are; it would copy ten thousand pairs one by one. */
function columns(points: readonly Point[]): Float64Array {
  const data = new Float64Array(2 * points.length)
  for (const [index, [x, y]] of points.entries()) {
    data[2 * index] = x
    data[2 * index + 1] = y
  }
  return data
}

/** The wheel zooms with Ctrl held, so that without it the page scrolls; dragging moves what is shown. */
function insideZoom(zoom: AxisRange | null) {
  return {
    type: 'inside' as const,
    zoomOnMouseWheel: 'ctrl' as const,
    moveOnMouseMove: true,
    ...(zoom === null ? { start: 0, end: 100 } : { startValue: zoom.from, endValue: zoom.to }),
  }
}

/** In a compact chart the lines have no names: the large ones above it tell them. */
function markLines({ marks, compact }: CurveChart, theme: ChartTheme) {
  return {
    silent: true,
    animation: false,
    symbol: 'none',
    lineStyle: { color: theme.mutedText, type: 'dashed' as const, width: 1 },
    label: {
      show: !compact,
      position: 'insideEndTop' as const,
      formatter: '{b}',
      color: theme.mutedText,
      fontFamily: theme.fontFamily,
      fontSize: 11,
    },
    data: marks.map(({ x, label }) => ({ xAxis: x, name: label })),
  }
}

function yScale(chart: CurveChart) {
  if (chart.scale === 'log') return logScale(chart)
  return {
    type: 'value' as const,
    scale: chart.yMin === null,
    ...(chart.yMin === null ? {} : { min: chart.yMin }),
    ...(chart.yMax === null ? {} : { max: chart.yMax }),
    ...(chart.yInterval === null ? {} : { interval: chart.yInterval }),
  }
}

/** Lowest and highest value of what is shown; on a logarithmic axis of what is above zero. */
function shownExtent({ curves, zoom, scale }: CurveChart): { lowest: number; highest: number } | null {
  const { from, to } = zoom ?? { from: -Infinity, to: Infinity }
  let lowest = Infinity
  let highest = -Infinity
  for (const { points } of curves) {
    for (const [x, y] of points) {
      if (x < from || x > to || !Number.isFinite(y) || (scale === 'log' && y <= 0)) continue
      lowest = Math.min(lowest, y)
      highest = Math.max(highest, y)
    }
  }
  return highest === -Infinity ? null : { lowest, highest }
}

/** A logarithmic axis around what is shown; over less than two decades it is divided by powers of two. */
function logScale(chart: CurveChart) {
  const extent = shownExtent(chart)
  if (extent === null) return { type: 'log' as const }
  const { lowest, highest } = extent
  return { type: 'log' as const, min: lowest / 1.1, max: highest * 1.1, logBase: highest > 100 * lowest ? 10 : 2 }
}

/** Heights in pixels that plots have at least, near enough to keep labels apart. */
const plotHeight = { large: 240, compact: 80 } as const

/** How far each label at a line's end moves, so that none covers another: pixels, downwards. */
function labelShifts(chart: CurveChart): Map<Curve, number> {
  const height = (y: number) => (chart.scale === 'log' ? Math.log(y) : y)
  const ends = chart.curves.flatMap((curve) => {
    const y = curve.labelled ? curve.points.at(-1)?.[1] : undefined
    return y === undefined || !Number.isFinite(height(y)) ? [] : [{ curve, end: height(y) }]
  })
  const extent = ends.length > 1 ? shownExtent(chart) : null
  if (extent === null) return new Map()
  const lowest = chart.scale === 'linear' ? (chart.yMin ?? extent.lowest) : extent.lowest
  const highest = chart.scale === 'linear' ? (chart.yMax ?? extent.highest) : extent.highest
  const length = height(highest) - height(lowest)
  const pixels = length > 0 ? plotHeight[chart.compact ? 'compact' : 'large'] / length : 0
  const wishes = ends.map(({ end }) => end * pixels)
  const places = spacedPlaces(wishes, chart.compact ? 11 : 14, height(lowest) * pixels)
  return new Map(ends.map(({ curve }, index) => [curve, (wishes[index] ?? 0) - (places[index] ?? 0)]))
}
