import type { SizeBin } from '@shared/datasets/originalSizes'
import { formatCount } from '../format/numbers'
import { axisText, tooltipBox, type ChartTheme } from './chartTheme'
import type { ChartOption } from './registerCharts'

/** "64 to 90 px": what a bin holds, in whole pixels. */
function binWords({ from, to }: SizeBin): string {
  return to - 1 > from ? `${formatCount(from)} to ${formatCount(to - 1)} px` : `${formatCount(from)} px`
}

/** Pictures by their shorter side before they were made square. */
export function sizeHistogramOption(bins: readonly SizeBin[], theme: ChartTheme): ChartOption {
  const axis = axisText(theme)
  return {
    animation: false,
    grid: { left: 8, right: 12, top: 12, bottom: 20, containLabel: true },
    xAxis: {
      type: 'category',
      data: bins.map(binWords),
      name: 'shorter side of the picture, in pixels',
      nameLocation: 'middle',
      nameGap: 26,
      nameTextStyle: axis,
      axisLabel: {
        ...axis,
        hideOverlap: true,
        formatter: (_: string, index: number) => `${formatCount(bins[index]?.from ?? 0)}–`,
      },
      axisLine: { lineStyle: { color: theme.gridLine } },
      axisTick: { show: false },
    },
    yAxis: {
      type: 'value',
      minInterval: 1,
      splitNumber: 3,
      axisLabel: { ...axis, formatter: (value: number) => formatCount(value) },
      splitLine: { lineStyle: { color: theme.gridLine } },
    },
    tooltip: {
      trigger: 'axis',
      axisPointer: { type: 'shadow' },
      ...tooltipBox(theme),
      // Drawn, because the chart's own markup has style attributes, which the page's policy refuses.
      renderMode: 'richText',
    },
    series: [
      {
        type: 'bar',
        name: 'images',
        data: bins.map(({ count }) => count),
        color: theme.training,
        barMaxWidth: 44,
        barCategoryGap: '12%',
      },
    ],
  }
}
