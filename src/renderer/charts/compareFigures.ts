import type { EpochMetrics } from '@shared/contract/records'
import { formatDuration, formatMeasure, formatPercent, formatShort } from '../format/numbers'
import type { RunCurves } from '../stores/runCurves'

/** Single numbers that a run came to, to be set against its settings. */
export interface CompareFigure {
  key: string
  title: string
  format: (value: number) => string
  /** Null where the run has no such figure. */
  of: (curves: RunCurves) => number | null
}

function values({ epochs }: RunCurves, of: (epoch: EpochMetrics) => number | null | undefined): number[] {
  return epochs.flatMap((epoch) => of(epoch) ?? [])
}

function extreme(
  of: (epoch: EpochMetrics) => number | null | undefined,
  pick: (...numbers: number[]) => number,
): CompareFigure['of'] {
  return (curves) => {
    const found = values(curves, of)
    return found.length === 0 ? null : pick(...found)
  }
}

function last(of: (epoch: EpochMetrics) => number | null | undefined): CompareFigure['of'] {
  return (curves) => values(curves, of).at(-1) ?? null
}

const share = (value: number) => formatPercent(value)

export const compareFigures: readonly [CompareFigure, ...CompareFigure[]] = [
  { key: 'best_acc', title: 'Best accuracy', format: share, of: extreme((epoch) => epoch.val_acc, Math.max) },
  { key: 'best_loss', title: 'Lowest loss', format: formatMeasure, of: extreme((epoch) => epoch.val_loss, Math.min) },
  { key: 'last_acc', title: 'Accuracy at the end', format: share, of: last((epoch) => epoch.val_acc) },
  { key: 'last_loss', title: 'Loss at the end', format: formatMeasure, of: last((epoch) => epoch.val_loss) },
  {
    key: 'train_loss',
    title: 'Training loss at the end',
    format: formatMeasure,
    of: last((epoch) => epoch.train_loss),
  },
  {
    key: 'seconds',
    title: 'Training time',
    format: formatDuration,
    of: (curves) => (curves.epochs.length === 0 ? null : curves.epochs.reduce((sum, { seconds }) => sum + seconds, 0)),
  },
  {
    key: 'rate',
    title: 'Images per second',
    format: (value) => formatShort(value),
    of: (curves) => {
      const rates = values(curves, (epoch) => epoch.imagesPerSecond)
      return rates.length === 0 ? null : rates.reduce((sum, rate) => sum + rate, 0) / rates.length
    },
  },
]
