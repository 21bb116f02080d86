import { formatCount } from '../format/numbers'
import { axisText, tooltipBox, type ChartTheme } from './chartTheme'
import type { ChartOption } from './registerCharts'

export interface ClassCounts {
  classes: readonly string[]
  train: readonly number[]
  val: readonly number[]
}

/** Beyond so many classes no names fit below the bars: the shape of the whole tells more. */
const namedClasses = 40

/** Indices of the classes from left to right: as they are numbered, or many of them from the largest on. */
export function classOrder({ classes, train, val }: ClassCounts): number[] {
  const order = classes.map((_, index) => index)
  if (classes.length <= namedClasses) return order
  const size = (index: number): number => (train[index] ?? 0) + (val[index] ?? 0)
  return order.sort((a, b) => size(b) - size(a) || a - b)
}

/** Images of each class, training and validation stacked. */
export function classHistogramOption(counts: ClassCounts, theme: ChartTheme): ChartOption {
  const axis = axisText(theme)
  const order = classOrder(counts)
  const isNamed = order.length <= namedClasses
  const inOrder = (values: readonly number[]): number[] => order.map((index) => values[index] ?? 0)
  const bars = isNamed ? { barMaxWidth: 44 } : { barCategoryGap: order.length > 300 ? '0%' : '10%' }
  return {
    animation: false,
    grid: { left: 8, right: 12, top: 12, bottom: isNamed ? 4 : 20, containLabel: true },
    xAxis: {
      type: 'category',
      data: order.map((index) => counts.classes[index] ?? ''),
      axisLabel: isNamed
        ? { ...axis, interval: 0, hideOverlap: true, width: 90, overflow: 'truncate' }
        : { show: false },
      axisLine: { lineStyle: { color: theme.gridLine } },
      axisTick: { show: false },
      ...(isNamed
        ? {}
        : {
            name: `${formatCount(order.length)} classes, from the largest to the smallest`,
            nameLocation: 'middle' as const,
            nameGap: 6,
            nameTextStyle: axis,
          }),
    },
    yAxis: {
      type: 'value',
      minInterval: 1,
      splitNumber: 3,
      axisLabel: { ...axis, formatter: (value: number) => formatCount(value) },
      splitLine: { lineStyle: { color: theme.gridLine } },
    },
    ...(isNamed ? {} : { dataZoom: [{ type: 'inside' as const }] }),
    tooltip: {
      trigger: 'axis',
      axisPointer: { type: 'shadow' },
      ...tooltipBox(theme),
      // Drawn, because the chart's own markup has style attributes, which the page's policy refuses.
      renderMode: 'richText',
    },
    series: [
      { type: 'bar', name: 'training', stack: 'images', data: inOrder(counts.train), color: theme.training, ...bars },
      { type: 'bar', name: 'validation', stack: 'images', data: inOrder(counts.val), color: theme.validation, ...bars },
    ],
  }
}
