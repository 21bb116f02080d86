import { formatSetting } from '../format/numbers'
import type { ChartTheme } from './chartTheme'
import { curveOption } from './curveChart'
import type { ChartOption } from './registerCharts'
import { thinned } from './thinning'

const pointLimit = 2000

/**
 * The learning rate over the epochs.
 *
 * @param rates of every epoch, or of every step
 * @param perEpoch rates in an epoch; 1 for rates of epochs
 */
export function scheduleOption(rates: ArrayLike<number>, perEpoch: number, theme: ChartTheme): ChartOption {
  const xs = Array.from({ length: rates.length }, (_, index) => (perEpoch === 1 ? index + 1 : index / perEpoch))
  return curveOption(
    {
      curves: [
        {
          name: 'learning rate',
          points: thinned(xs, rates, pointLimit),
          colour: theme.accent,
          width: 2,
          opacity: 1,
          dashed: false,
          labelled: false,
          dots: true,
        },
      ],
      marks: [],
      xName: 'epoch',
      xMin: perEpoch === 1 ? 1 : 0,
      xMax: Math.max(2, Math.ceil(rates.length / perEpoch)),
      scale: 'linear',
      yMin: 0,
      yMax: null,
      yInterval: null,
      compact: true,
      formatY: formatSetting,
      formatX: (value) => String(Number(value.toFixed(2))),
    },
    theme,
  )
}
