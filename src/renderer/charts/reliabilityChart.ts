import type { Calibration, ReliabilityBin } from '@shared/contract/evaluation'
import { formatCount, formatPercent } from '../format/numbers'
import { axisText, tooltipBox, type ChartTheme } from './chartTheme'
import type { ChartOption } from './registerCharts'

/**
 * Reliability diagram: how often predictions are right, by how sure the model was. Bars on the line
 * are what a well calibrated model has; below it the model is too sure.
 */
export function reliabilityOption({ bins }: Calibration, theme: ChartTheme): ChartOption {
  const axis = axisText(theme)
  const middles = bins.map(({ low, high }) => (low + high) / 2)
  const largest = Math.max(1, ...bins.map(({ count }) => count))
  return {
    animation: false,
    grid: { left: 8, right: 12, top: 28, bottom: 22, containLabel: true },
    xAxis: {
      type: 'category',
      name: 'probability of the prediction',
      nameLocation: 'middle',
      nameGap: 24,
      nameTextStyle: axis,
      data: bins.map(rangeWords),
      axisLabel: { ...axis, interval: 3 },
      axisLine: { lineStyle: { color: theme.gridLine } },
      axisTick: { show: false },
    },
    yAxis: {
      type: 'value',
      name: 'share that is right',
      nameTextStyle: { ...axis, align: 'left' },
      min: 0,
      max: 1,
      interval: 0.25,
      axisLabel: { ...axis, formatter: (value: number) => formatPercent(value, 0) },
      splitLine: { lineStyle: { color: theme.gridLine } },
    },
    tooltip: {
      trigger: 'axis',
      ...tooltipBox(theme),
      formatter: (points) => binWords(bins[indexOf(points)]),
    },
    series: [
      {
        type: 'bar',
        name: 'right',
        // Bars of few images say little: they are paler.
        data: bins.map(({ accuracy, count }) => ({
          value: accuracy ?? 0,
          itemStyle: { color: theme.accent, opacity: 0.3 + 0.7 * Math.sqrt(count / largest) },
        })),
        barCategoryGap: '8%',
      },
      {
        type: 'line',
        name: 'well calibrated',
        data: middles,
        showSymbol: false,
        color: theme.mutedText,
        lineStyle: { color: theme.mutedText, type: 'dashed', width: 1.5 },
      },
    ],
  }
}

/** "47–53 %" */
function rangeWords({ low, high }: Pick<ReliabilityBin, 'low' | 'high'>): string {
  return `${Math.round(100 * low)}–${formatPercent(high, 0)}`
}

function indexOf(points: unknown): number {
  const first: unknown = Array.isArray(points) ? points[0] : points
  if (typeof first !== 'object' || first === null || !('dataIndex' in first)) return -1
  return typeof first.dataIndex === 'number' ? first.dataIndex : -1
}

function binWords(bin: ReliabilityBin | undefined): string {
  if (bin === undefined) return ''
  const range = rangeWords(bin)
  if (bin.confidence === null || bin.accuracy === null) return `${range}: no images`
  const figures = `mean ${formatPercent(bin.confidence)}, right ${formatPercent(bin.accuracy)}`
  return `${range}: ${formatCount(bin.count)} images<br>${figures}`
}
