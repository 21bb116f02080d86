import { axisText, tooltipBox, type ChartTheme } from './chartTheme'
import type { ChartOption } from './registerCharts'

/** An upright axis: a setting or a figure, with the value of each run; null where it has none. */
export interface ParallelAxis {
  name: string
  values: readonly (number | string | null)[]
  format: (value: number | string) => string
  /** Measured values lie anywhere; settings that take few values have a place for each. */
  isMeasured: boolean
}

export interface ParallelRun {
  name: string
  colour: string
}

type Scale = { type: 'category'; data: string[] } | { type: 'log' } | { type: 'value'; min: number; max: number }

/** Settings with more values than this are told on an axis of numbers. */
const mostPlaces = 8

/** A place for each word or each of few numbers; else an axis of numbers, logarithmic over decades. */
export function parallelScale({ values, format, isMeasured }: Omit<ParallelAxis, 'name'>): Scale {
  const known = [...new Set(values.filter((value) => value !== null))]
  const numbers = known.filter((value) => typeof value === 'number').sort((a, b) => a - b)
  const [lowest, highest] = [numbers[0], numbers.at(-1)]
  if (numbers.length < known.length || lowest === undefined || highest === undefined) {
    return { type: 'category', data: known.map(format) }
  }
  if (!isMeasured && numbers.length <= mostPlaces) return { type: 'category', data: numbers.map(format) }
  if (lowest > 0 && highest / lowest > 20) return { type: 'log' }
  // An axis of a single value would have no length.
  return lowest === highest
    ? { type: 'value', min: lowest - 1, max: highest + 1 }
    : { type: 'value', min: lowest, max: highest }
}

/** Each run as a line across all axes; dragging along an axis marks the runs that pass there. */
export function parallelOption(
  axes: readonly ParallelAxis[],
  runs: readonly ParallelRun[],
  theme: ChartTheme,
): ChartOption {
  const numbers = axisText(theme)
  const scales = axes.map(parallelScale)
  return {
    animation: false,
    tooltip: {
      trigger: 'item',
      ...tooltipBox(theme),
      transitionDuration: 0,
      formatter: '{b}',
    },
    parallel: { left: 60, right: 80, top: 44, bottom: 24 },
    parallelAxis: axes.map((axis, dim) => ({
      dim,
      ...(scales[dim] ?? { type: 'value' as const }),
      name: axis.name,
      nameLocation: 'end' as const,
      nameGap: 16,
      nameTextStyle: {
        color: theme.text,
        fontFamily: theme.fontFamily,
        fontSize: 12,
        width: 120,
        overflow: 'truncate' as const,
      },
      axisLabel: {
        ...numbers,
        formatter: (value: string | number) => (typeof value === 'number' ? axis.format(value) : value),
        hideOverlap: true,
      },
      axisLine: { lineStyle: { color: theme.mutedText } },
      axisTick: { lineStyle: { color: theme.gridLine } },
      areaSelectStyle: { width: 16, borderColor: theme.accent, color: theme.accent, opacity: 0.2 },
    })),
    series: [
      {
        type: 'parallel',
        lineStyle: { width: 2, opacity: 0.85 },
        inactiveOpacity: 0.08,
        activeOpacity: 1,
        data: runs.map(({ name, colour }, place) => ({
          name,
          value: axes.map((axis, dim) => parallelValue(axis.values[place] ?? null, axis, scales[dim])),
          lineStyle: { color: colour },
        })),
      },
    ],
  }
}

/** A line stops at a dash where a run has no value. */
function parallelValue(
  value: number | string | null,
  { format }: ParallelAxis,
  scale: Scale | undefined,
): number | string {
  if (value === null) return '-'
  return scale?.type === 'category' ? format(value) : value
}
