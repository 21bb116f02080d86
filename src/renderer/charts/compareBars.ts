import type { BarSeriesOption } from 'echarts/charts'
import { axisText, tooltipBox, type ChartTheme } from './chartTheme'
import type { CompareFigure } from './compareFigures'
import type { ChartOption } from './registerCharts'

/** A run's figure, and the value of the setting that it is set against. */
export interface BarRun {
  name: string
  colour: string
  /** What the bars stand for: a setting's value, or the run itself. */
  category: number | string
  categoryWords: string
  figure: number
}

export interface Bar {
  words: string
  mean: number
  runs: BarRun[]
}

/** One bar for every value of the setting, from the smallest on; its height is the mean of its runs. */
export function barsOf(runs: readonly BarRun[]): Bar[] {
  const groups = new Map<number | string, BarRun[]>()
  for (const run of runs) groups.set(run.category, [...(groups.get(run.category) ?? []), run])
  return [...groups]
    .sort(([a], [b]) => (typeof a === 'number' && typeof b === 'number' ? a - b : 0))
    .map(([, members]) => ({
      words: members[0]?.categoryWords ?? '',
      mean: members.reduce((sum, { figure }) => sum + figure, 0) / members.length,
      runs: members,
    }))
}

/** The hue of the runs, where they have but one. */
function commonColour([first, ...others]: readonly BarRun[]): string | null {
  return first !== undefined && others.every(({ colour }) => colour === first.colour) ? first.colour : null
}

/** Bars, those of several runs with a dot for each. @param title of what the bars stand for */
export function barsOption(
  bars: readonly Bar[],
  figure: Pick<CompareFigure, 'title' | 'format'>,
  title: string,
  theme: ChartTheme,
): ChartOption {
  const axis = axisText(theme)
  const isOneEach = bars.every(({ runs }) => runs.length === 1)
  const bar: BarSeriesOption = {
    type: 'bar',
    barMaxWidth: 72,
    data: bars.map(({ mean, runs, words }) => ({
      value: mean,
      name: `${words}: ${figure.format(mean)}${runs.length > 1 ? `, mean of ${runs.length}` : ''}`,
      itemStyle: {
        color: commonColour(runs) ?? theme.training,
        opacity: runs.length > 1 ? 0.6 : 1,
        borderRadius: [3, 3, 0, 0],
      },
    })),
    label: {
      show: bars.length <= 16,
      position: 'top',
      color: theme.text,
      fontFamily: theme.fontFamily,
      fontSize: 11,
      formatter: ({ value }) => (typeof value === 'number' ? figure.format(value) : ''),
    },
  }
  return {
    animation: false,
    grid: { left: 8, right: 16, top: 28, bottom: 28, containLabel: true },
    xAxis: {
      type: 'category',
      name: title,
      nameLocation: 'middle',
      nameGap: 30,
      nameTextStyle: axis,
      data: bars.map(({ words }) => words),
      axisLabel: { ...axis, interval: 0, width: 120, overflow: 'truncate', hideOverlap: true },
      axisLine: { lineStyle: { color: theme.gridLine } },
      axisTick: { show: false },
    },
    yAxis: {
      type: 'value',
      name: figure.title,
      nameTextStyle: { ...axis, align: 'left' },
      axisLabel: { ...axis, formatter: (value: number) => figure.format(value) },
      splitLine: { lineStyle: { color: theme.gridLine } },
    },
    tooltip: {
      trigger: 'item',
      ...tooltipBox(theme),
      transitionDuration: 0,
      formatter: '{b}',
    },
    series: [
      bar,
      ...(isOneEach
        ? []
        : [
            {
              type: 'scatter' as const,
              symbolSize: 9,
              data: bars.flatMap(({ runs }, place) =>
                (runs.length > 1 ? runs : []).map((run) => ({
                  value: [place, run.figure],
                  name: `${run.name}: ${figure.format(run.figure)}`,
                  itemStyle: { color: run.colour, borderColor: theme.surface, borderWidth: 1 },
                })),
              ),
            },
          ]),
    ],
  }
}
