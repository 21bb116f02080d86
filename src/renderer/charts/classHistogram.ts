import { formatCount } from '../format/numbers'
import type { ChartTheme } from './chartTheme'
import type { ChartOption } from './registerCharts'

export interface ClassCounts {
  classes: readonly string[]
  train: readonly number[]
  val: readonly number[]
}

/** Images of each class, training and validation stacked. */
export function classHistogramOption(counts: ClassCounts, theme: ChartTheme): ChartOption {
  const axisText = { color: theme.mutedText, fontFamily: theme.fontFamily, fontSize: 11 }
  return {
    animation: false,
    grid: { left: 8, right: 12, top: 12, bottom: 4, containLabel: true },
    xAxis: {
      type: 'category',
      data: [...counts.classes],
      axisLabel: { ...axisText, hideOverlap: true, width: 90, overflow: 'truncate' },
      axisLine: { lineStyle: { color: theme.gridLine } },
      axisTick: { show: false },
    },
    yAxis: {
      type: 'value',
      minInterval: 1,
      splitNumber: 3,
      axisLabel: { ...axisText, formatter: (value: number) => formatCount(value) },
      splitLine: { lineStyle: { color: theme.gridLine } },
    },
    tooltip: {
      trigger: 'axis',
      axisPointer: { type: 'shadow' },
      backgroundColor: theme.surface,
      borderColor: theme.gridLine,
      textStyle: { color: theme.text, fontFamily: theme.fontFamily, fontSize: 12 },
      confine: true,
    },
    series: [
      {
        type: 'bar',
        name: 'training',
        stack: 'images',
        data: [...counts.train],
        color: theme.training,
        barMaxWidth: 44,
      },
      { type: 'bar', name: 'validation', stack: 'images', data: [...counts.val], color: theme.validation },
    ],
  }
}
