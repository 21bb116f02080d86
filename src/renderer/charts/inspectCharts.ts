import type { FaithfulnessReport } from '@shared/contract/inspectRoutes'
import { formatMeasure, formatPercent } from '../format/numbers'
import { axisText, tooltipBox, type ChartTheme } from './chartTheme'
import type { ChartOption } from './registerCharts'

/** Charts of the inspection: pure, from numbers to options. */

interface InspectLine {
  name: string
  points: [x: number, y: number][]
  colour: string
  width: number
  dashed?: boolean
  /** Points without a line between them. */
  loose?: boolean
}

interface InspectChart {
  lines: InspectLine[]
  xName: string
  yName: string
  xMin: number
  xMax: number
  yMin: number
  /** Null leaves the end and the steps to the chart. */
  yMax: { value: number; interval?: number } | null
  formatX: (value: number) => string
  formatY: (value: number) => string
  /** Where a line stands upright. */
  mark?: number
}

/** The distances, or another measure, of every head by layer, and their mean. */
export function headScatterOption(
  measure: { name: string; values: readonly (readonly number[])[]; unit: string },
  theme: ChartTheme,
  /** The end of the axis where charts are to be compared; it follows the values otherwise. */
  highest: number | null = null,
): ChartOption {
  const { values, name, unit } = measure
  const points = values.flatMap((heads, layer) => heads.map((value): [number, number] => [layer + 1, value]))
  const means = values.map((heads, layer): [number, number] => [
    layer + 1,
    heads.reduce((sum, value) => sum + value, 0) / Math.max(1, heads.length),
  ])
  return option(
    {
      lines: [
        { name: 'head', points, colour: theme.accent, width: 0, loose: true },
        { name: 'mean', points: means, colour: theme.validation, width: 2 },
      ],
      xName: 'layer',
      yName: `${name} in ${unit}`,
      xMin: 0.5,
      xMax: values.length + 0.5,
      yMin: 0,
      yMax: highest === null ? null : { value: highest },
      formatX: (value) => (Number.isInteger(value) ? String(value) : ''),
      formatY: formatMeasure,
    },
    theme,
  )
}

/** Values by depth, from what goes into the first block (0) on. */
export function depthOption(name: string, values: readonly number[], theme: ChartTheme): ChartOption {
  return option(
    {
      lines: [{ name, points: values.map((value, depth) => [depth, value]), colour: theme.accent, width: 2 }],
      xName: 'after block',
      yName: name,
      xMin: 0,
      xMax: Math.max(1, values.length - 1),
      yMin: Math.min(0, ...values),
      yMax: null,
      formatX: String,
      formatY: formatMeasure,
    },
    theme,
  )
}

/** Similarity of positions by their distance along rows and columns. */
export function profileOption(
  profiles: { rows: readonly number[]; columns: readonly number[] },
  theme: ChartTheme,
): ChartOption {
  const line = (name: string, values: readonly number[], colour: string): InspectLine => ({
    name,
    points: values.map((value, apart) => [apart, value]),
    colour,
    width: 2,
  })
  return option(
    {
      lines: [
        line('rows apart', profiles.rows, faithfulnessColours.map),
        line('columns apart', profiles.columns, faithfulnessColours.lastLayer),
      ],
      xName: 'rows (blue) or columns (orange) apart',
      yName: 'cosine',
      xMin: 0,
      xMax: Math.max(1, profiles.rows.length - 1),
      yMin: Math.min(0, ...profiles.rows, ...profiles.columns),
      yMax: null,
      formatX: String,
      formatY: formatMeasure,
    },
    theme,
  )
}

/** A figure over the epochs that were looked at; the one that is shown now is marked. */
export function epochOption(
  figure: { name: string; lines: readonly { name: string; colour: string; values: readonly number[] }[] },
  epochs: readonly number[],
  current: number,
  format: (value: number) => string,
  theme: ChartTheme,
): ChartOption {
  const first = epochs[0] ?? 0
  return option(
    {
      lines: figure.lines.map(({ name, colour, values }) => ({
        name,
        colour,
        points: values.flatMap((value, index): [number, number][] => {
          const epoch = epochs[index]
          return epoch === undefined || !Number.isFinite(value) ? [] : [[epoch, value]]
        }),
        width: 1.8,
      })),
      xName: 'epoch',
      yName: figure.name,
      xMin: first,
      xMax: Math.max(first + 1, epochs.at(-1) ?? 1),
      yMin: Math.min(0, ...figure.lines.flatMap(({ values }) => values.filter(Number.isFinite))),
      yMax: null,
      formatX: (value) => (Number.isInteger(value) ? String(value) : ''),
      formatY: format,
      mark: current,
    },
    theme,
  )
}

/** Colours that people who see few colours tell apart (Okabe and Ito, 2008). */
export const faithfulnessColours = { map: '#0072b2', lastLayer: '#e69f00', random: '#7f7f7f' } as const

/** The class's probability as patches are deleted or inserted: the map, the last layer and chance. */
export function faithfulnessOption(
  report: FaithfulnessReport,
  kind: 'deletion' | 'insertion',
  theme: ChartTheme,
): ChartOption {
  const curve = (name: keyof typeof faithfulnessColours, words: string, dashed: boolean): InspectLine => ({
    name: words,
    points: report.shares.map((share, index) => [share, report[name][kind][index] ?? 0]),
    colour: faithfulnessColours[name],
    width: name === 'map' ? 2.5 : 1.5,
    dashed,
  })
  return option(
    {
      lines: [
        curve('random', 'chance', true),
        curve('lastLayer', 'last layer', false),
        curve('map', 'this map', false),
      ],
      xName: kind === 'deletion' ? 'patches deleted' : 'patches inserted',
      yName: 'probability',
      xMin: 0,
      xMax: 1,
      yMin: 0,
      yMax: { value: 1, interval: 0.25 },
      formatX: (value) => formatPercent(value, 0),
      formatY: (value) => formatPercent(value, 0),
    },
    theme,
  )
}

function option(chart: InspectChart, theme: ChartTheme): ChartOption {
  const axis = axisText(theme)
  return {
    animation: false,
    grid: { left: 8, right: 14, top: 24, bottom: 22, containLabel: true },
    xAxis: {
      type: 'value',
      name: chart.xName,
      nameLocation: 'middle',
      nameGap: 24,
      nameTextStyle: axis,
      min: chart.xMin,
      max: chart.xMax,
      axisLabel: { ...axis, hideOverlap: true, showMinLabel: true, formatter: chart.formatX },
      axisLine: { lineStyle: { color: theme.gridLine } },
      axisTick: { show: false },
      splitLine: { show: false },
    },
    yAxis: {
      type: 'value',
      name: chart.yName,
      nameTextStyle: { ...axis, align: 'left' },
      min: chart.yMin,
      ...(chart.yMax === null ? {} : { max: chart.yMax.value }),
      ...(chart.yMax?.interval === undefined ? {} : { interval: chart.yMax.interval }),
      axisLabel: { ...axis, hideOverlap: true, formatter: chart.formatY },
      axisLine: { show: false },
      axisTick: { show: false },
      splitLine: { lineStyle: { color: theme.gridLine } },
      splitNumber: 4,
    },
    tooltip: {
      trigger: chart.lines.some(({ loose }) => loose === true) ? 'item' : 'axis',
      // Drawn, because the chart's own markup has style attributes, which the page's policy refuses.
      renderMode: 'richText',
      ...tooltipBox(theme),
      valueFormatter: (value) => (typeof value === 'number' ? chart.formatY(value) : ''),
    },
    series: chart.lines.map((line, index) => ({
      type: 'line',
      ...(index > 0 || chart.mark === undefined
        ? {}
        : {
            markLine: {
              silent: true,
              symbol: 'none',
              animation: false,
              label: { show: false },
              lineStyle: { color: theme.mutedText, type: 'dashed', width: 1 },
              data: [{ xAxis: chart.mark }],
            },
          }),
      name: line.name,
      data: line.points,
      showSymbol: line.loose === true,
      symbol: 'circle',
      symbolSize: 7,
      color: line.colour,
      lineStyle: { color: line.colour, width: line.width, type: line.dashed === true ? 'dashed' : 'solid' },
      itemStyle: { color: line.colour, opacity: line.loose === true ? 0.7 : 1 },
      emphasis: { disabled: true },
    })),
  }
}
