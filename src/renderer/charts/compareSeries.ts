import type { EpochMetrics, RunRecord } from '@shared/contract/records'
import { formatMeasure, formatPercent, formatSetting, formatShort } from '../format/numbers'
import type { RunCurves } from '../stores/runCurves'
import { runClock } from './compareClock'
import { trailingMean } from './smoothing'

/** What is drawn of every run that is compared: its points by step, epoch or time, one run's or a mean's. */

export type CompareAxis = 'step' | 'epoch' | 'time'

type StepColumn = Exclude<keyof RunCurves['steps'], 'step' | 'epoch'>

interface Measured {
  key: string
  title: string
  format: (value: number) => string
}

/** A figure of each epoch, or of each step. */
export type CompareMetric =
  | (Measured & { level: 'epoch'; of: (epoch: EpochMetrics) => number | null | undefined })
  | (Measured & { level: 'step'; column: StepColumn })

const share = (value: number) => formatPercent(value)

function byEpoch(
  key: string,
  title: string,
  format: Measured['format'],
  of: (epoch: EpochMetrics) => number | null | undefined,
): CompareMetric {
  return { level: 'epoch', key, title, format, of }
}

function byStep(key: string, title: string, format: Measured['format'], column: StepColumn): CompareMetric {
  return { level: 'step', key, title, format, column }
}

export const compareMetrics: readonly [CompareMetric, ...CompareMetric[]] = [
  byEpoch('val_acc', 'Validation accuracy', share, (epoch) => epoch.val_acc),
  byEpoch('val_loss', 'Validation loss', formatMeasure, (epoch) => epoch.val_loss),
  byEpoch('train_acc', 'Training accuracy', share, (epoch) => epoch.train_acc),
  byEpoch('train_loss', 'Training loss', formatMeasure, (epoch) => epoch.train_loss),
  byEpoch('val_top5', 'Validation top 5', share, (epoch) => epoch.val_top5),
  byEpoch('val_balanced_acc', 'Balanced accuracy', share, (epoch) => epoch.val_balanced_acc),
  byEpoch('ema_val_acc', 'Accuracy of the averaged weights', share, (epoch) => epoch.ema_val_acc),
  byEpoch('gap', 'Validation loss above training loss', formatMeasure, ({ val_loss, train_loss }) =>
    val_loss === null ? null : val_loss - train_loss,
  ),
  byStep('step_loss', 'Loss of each step', formatMeasure, 'loss'),
  byStep('lr', 'Learning rate', formatSetting, 'learningRate'),
  byStep('grad_norm', 'Gradient norm', formatMeasure, 'gradientNorm'),
  byStep('images_per_second', 'Images per second', (value) => formatShort(value), 'imagesPerSecond'),
  byEpoch('weight_norm', 'Weight norm', formatMeasure, (epoch) => epoch.weightNorm),
]

/** Points of one run. `places` are epochs or steps: where runs of the same settings belong together. */
export interface MetricSeries {
  places: number[]
  /** Steps, epochs or seconds. */
  xs: number[]
  ys: number[]
}

type RunFacts = Pick<RunRecord, 'stepsPerEpoch' | 'config'>

/** A run's points. @param window steps that each point of a step's figure is the mean of */
export function metricSeries(
  record: RunFacts,
  curves: RunCurves,
  metric: CompareMetric,
  axis: CompareAxis,
  window: number,
): MetricSeries {
  const stepsPerEpoch = Math.max(1, record.stepsPerEpoch)
  const { batchSize, gradAccumulation } = record.config.train
  const clock = runClock(curves, { stepsPerEpoch, imagesPerStep: batchSize * gradAccumulation })
  if (metric.level === 'step') {
    const { step } = curves.steps
    const xs = { step: (at: number) => at, epoch: (at: number) => at / stepsPerEpoch, time: clock.secondsAt }
    return { places: [...step], xs: step.map(xs[axis]), ys: trailingMean(curves.steps[metric.column], window) }
  }
  const series: MetricSeries = { places: [], xs: [], ys: [] }
  const xs = {
    step: clock.stepOfEpoch,
    epoch: (epoch: number) => epoch,
    time: (epoch: number) => clock.secondsAt(clock.stepOfEpoch(epoch)),
  }
  for (const epoch of curves.epochs) {
    const y = metric.of(epoch) ?? null
    if (y === null) continue
    series.places.push(epoch.epoch)
    series.xs.push(xs[axis](epoch.epoch))
    series.ys.push(y)
  }
  return series
}

/** What the band around a mean shows: the lowest and highest run, or one standard deviation on either side. */
export type CompareSpread = 'range' | 'deviation'

/** The mean of several runs at every place, and a band around it. */
export interface MeanSeries extends MetricSeries {
  low: number[]
  high: number[]
  /** Runs that got as far as this. */
  counts: number[]
}

interface Gathered {
  xs: number[]
  ys: number[]
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** The sample's, with n − 1; 0 for a single value. */
function standardDeviation(values: readonly number[]): number {
  if (values.length < 2) return 0
  const middle = mean(values)
  return Math.sqrt(values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1))
}

/** Mean and band of runs of the same settings; where some ended earlier, those of the rest. */
export function meanSeries(members: readonly MetricSeries[], spread: CompareSpread): MeanSeries {
  const gathered = new Map<number, Gathered>()
  for (const { places, xs, ys } of members) {
    for (const [index, place] of places.entries()) {
      const y = ys[index]
      if (y === undefined || !Number.isFinite(y)) continue
      const at = gathered.get(place) ?? { xs: [], ys: [] }
      at.xs.push(xs[index] ?? 0)
      at.ys.push(y)
      gathered.set(place, at)
    }
  }
  const result: MeanSeries = { places: [], xs: [], ys: [], low: [], high: [], counts: [] }
  for (const [place, { xs, ys }] of [...gathered].sort(([a], [b]) => a - b)) {
    const middle = mean(ys)
    const deviation = standardDeviation(ys)
    result.places.push(place)
    result.xs.push(mean(xs))
    result.ys.push(middle)
    result.low.push(spread === 'range' ? Math.min(...ys) : middle - deviation)
    result.high.push(spread === 'range' ? Math.max(...ys) : middle + deviation)
    result.counts.push(ys.length)
  }
  return result
}
