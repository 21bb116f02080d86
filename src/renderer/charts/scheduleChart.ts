import { formatSetting } from '../format/numbers'
import type { ChartTheme } from './chartTheme'
import { curveOption } from './curveChart'
import type { ChartOption } from './registerCharts'
import type { Point } from './thinning'

/** The learning rate of every epoch; `rates[0]` is the first epoch's. */
export function scheduleOption(rates: readonly number[], theme: ChartTheme): ChartOption {
  return curveOption(
    {
      curves: [
        {
          name: 'learning rate',
          points: rates.map((rate, index): Point => [index + 1, rate]),
          colour: theme.accent,
          width: 2,
          opacity: 1,
          labelled: false,
          dots: true,
        },
      ],
      xName: 'epoch',
      xMin: 1,
      xMax: Math.max(2, rates.length),
      yMin: 0,
      yMax: null,
      yInterval: null,
      compact: true,
      formatY: formatSetting,
      formatX: (value) => String(Math.round(value)),
    },
    theme,
  )
}
