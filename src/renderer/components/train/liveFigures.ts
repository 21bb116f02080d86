import type { RunSummary } from '@shared/contract/records'
import type { JobState } from '@shared/contract/windowRoutes'
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatMeasure,
  formatPercent,
  formatShort,
} from '../../format/numbers'
import type { RunCurves } from '../../stores/runCurves'

/** One read-out above the curves. */
export interface LiveFigure {
  name: string
  value: string
  hint?: string
}

const none = '–'

function words(value: number | null | undefined, format: (value: number) => string): string {
  return value === null || value === undefined ? none : format(value)
}

const rateWindow = 10

/** Single steps jump; the last ten together tell the pace. */
function recentRate(rates: readonly number[]): number | null {
  const recent = rates.slice(-rateWindow)
  return recent.length === 0 ? null : recent.reduce((sum, rate) => sum + rate, 0) / recent.length
}

export function liveFigures(
  { record, lastEpoch }: RunSummary,
  curves: RunCurves | null,
  job: JobState | null,
  isRunning: boolean,
): LiveFigure[] {
  const newest = curves?.epochs.at(-1) ?? lastEpoch
  const epoch = Math.max(curves?.steps.epoch.at(-1) ?? 0, newest?.epoch ?? 0)
  const secondsLeft = isRunning ? job?.progress?.secondsLeft : null
  return [
    { name: 'Epoch', value: `${epoch} / ${record.config.train.epochs}` },
    { name: 'Step', value: words(curves?.steps.step.at(-1) ?? 0, formatCount) },
    { name: 'Val. loss', value: words(newest?.val_loss, formatMeasure), hint: 'Loss on the validation images' },
    {
      name: 'Val. accuracy',
      value: words(newest?.val_acc, formatPercent),
      hint: 'Share of the validation images that are told right',
    },
    {
      name: 'Images/s',
      value: words(recentRate(curves?.steps.imagesPerSecond ?? []), formatShort),
      hint: `Mean of the last ${rateWindow} steps`,
    },
    { name: 'Time left', value: words(secondsLeft, formatDuration) },
    { name: 'Memory', value: words(newest?.memoryBytes, formatBytes), hint: 'Of the training process' },
  ]
}
