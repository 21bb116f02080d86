import { colourMap } from '@shared/colour/colourMaps'
import type { EpochMetrics } from '@shared/contract/records'
import { formatPercent } from '../format/numbers'
import { axisText, tooltipBox, type ChartTheme } from './chartTheme'
import { escaped } from './curveTooltip'
import type { ChartOption } from './registerCharts'

/** As many rows as can be told apart, and columns as there are pixels for. */
const shownClasses = 24
const shownEpochs = 240

export interface ClassAccuracies {
  /** Indices of the classes that are shown: all in their order, or the least accurate of the last epoch first. */
  classes: number[]
  epochs: number[]
  /** `[classes, epochs]`, from 0 to 1; null for a class without validation images. */
  values: (number | null)[][]
  /** How many classes are left out: the most accurate ones. */
  left: number
}

/** Null for a run that has no such figures. */
export function classAccuracies(epochs: readonly EpochMetrics[]): ClassAccuracies | null {
  const measured = epochs.flatMap(({ epoch, val_class_acc: values }) =>
    values === undefined ? [] : [{ epoch, values }],
  )
  const last = measured.at(-1)
  if (last === undefined) return null
  const order = last.values.map((_, index) => index)
  // Few classes stay where they are, so that rows don't change places under the pointer.
  if (order.length > shownClasses) order.sort((a, b) => (last.values[a] ?? 2) - (last.values[b] ?? 2) || a - b)
  const classes = order.slice(0, shownClasses)
  const stride = Math.ceil(measured.length / shownEpochs)
  const columns = measured.filter((_, index) => (measured.length - 1 - index) % stride === 0)
  return {
    classes,
    epochs: columns.map(({ epoch }) => epoch),
    values: classes.map((index) => columns.map(({ values }) => values[index] ?? null)),
    left: order.length - classes.length,
  }
}

/** A row for each class and a column for each epoch, coloured by accuracy. */
export function classAccuracyOption(shown: ClassAccuracies, names: readonly string[], theme: ChartTheme): ChartOption {
  const axis = axisText(theme)
  const colours = colourMap('viridis')
  const nameOf = (row: number): string => names[shown.classes[row] ?? -1] ?? String(shown.classes[row])
  const cells = shown.values.flatMap((row, y) =>
    row.flatMap((value, x) => (value === null ? [] : [{ value: [x, y, value] }])),
  )
  return {
    animation: false,
    grid: { left: 8, right: 52, top: 4, bottom: 18, containLabel: true },
    xAxis: {
      type: 'category',
      data: shown.epochs.map(String),
      name: 'epoch',
      nameLocation: 'end',
      nameGap: 6,
      nameTextStyle: axis,
      axisLabel: { ...axis, hideOverlap: true },
      axisLine: { show: false },
      axisTick: { show: false },
    },
    yAxis: {
      type: 'category',
      inverse: true,
      data: shown.classes.map((_, row) => nameOf(row)),
      axisLabel: { ...axis, interval: 0, hideOverlap: true, width: 130, overflow: 'truncate' },
      axisLine: { show: false },
      axisTick: { show: false },
    },
    tooltip: {
      ...tooltipBox(theme),
      formatter: (point) => {
        const cell = Array.isArray(point) ? undefined : cells[point.dataIndex]
        const [x = 0, y = 0, value = 0] = cell?.value ?? []
        return `${escaped(nameOf(y))}, epoch ${shown.epochs[x] ?? ''}: <b>${formatPercent(value, 1)}</b>`
      },
    },
    series: [
      {
        type: 'custom',
        data: cells,
        encode: { x: 0, y: 1 },
        renderItem: (_, api) => {
          const [x = 0, y = 0] = api.coord([api.value(0), api.value(1)])
          const size = api.size?.([1, 1])
          const [width = 0, height = 0] = Array.isArray(size) ? size : []
          const gap = Math.min(1, height / 8)
          return {
            type: 'rect',
            shape: { x: x - width / 2, y: y - height / 2 + gap / 2, width: width + 0.5, height: height - gap },
            style: { fill: `rgb(${colours(Number(api.value(2))).join(',')})` },
          }
        },
      },
    ],
  }
}
