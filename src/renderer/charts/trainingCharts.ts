import { weightGroups, type EpochMetrics, type RunRecord, type WeightGroup } from '@shared/contract/records'
import { formatMeasure, formatPercent, formatSetting, formatShort } from '../format/numbers'
import type { RunCurves } from '../stores/runCurves'
import type { ChartTheme } from './chartTheme'
import { curveOption } from './curveChart'
import type { Curve, CurveChart, CurveMark } from './curves'
import type { ChartOption } from './registerCharts'
import { trailingMean } from './smoothing'
import { thinned, type Point } from './thinning'
import type { AxisRange } from './zoom'

/** More points than any chart is wide, and still drawn in a moment; longer runs keep their extremes. */
const pointLimits = { large: 20_000, small: 4_000 } as const

export interface TrainingData {
  curves: RunCurves
  epochs: number
  stepsPerEpoch: number
  marks: readonly CurveMark[]
}

/** How the person wants to see the curves. */
export interface CurveView {
  /** Steps that the smoothed line is the mean of; 1 for no such line. */
  window: number
  scale: CurveChart['scale']
  /** Part of the epochs that is shown; null for all. */
  zoom: AxisRange | null
}

/** All epochs of the axis, from before the first to after the last. */
export function epochAxis({ epochs, curves, stepsPerEpoch }: TrainingData): AxisRange {
  const reached = (curves.steps.step.at(-1) ?? 0) / Math.max(1, stepsPerEpoch)
  return { from: 0, to: Math.max(epochs, Math.ceil(reached)) }
}

/** The best epoch, each resuming, and where the run stands if it ended before its last epoch. */
export function runMarks(record: Pick<RunRecord, 'best' | 'status' | 'stepsPerEpoch'>, curves: RunCurves): CurveMark[] {
  const stepsPerEpoch = Math.max(1, record.stepsPerEpoch)
  const best = record.best === null ? [] : [{ x: record.best.epoch, label: 'best' }]
  const resumes = curves.resumes.map(({ step }) => ({ x: step / stepsPerEpoch, label: 'resumed' }))
  const lastStep = curves.steps.step.at(-1)
  const isOpen = record.status === 'running' || record.status === 'finished' || lastStep === undefined
  return [...best, ...resumes, ...(isOpen ? [] : [{ x: lastStep / stepsPerEpoch, label: record.status }])]
}

type Frame = Omit<CurveChart, 'curves' | 'yMin' | 'yMax' | 'yInterval' | 'compact' | 'formatY'>

function frame(data: TrainingData, view: CurveView): Frame {
  const { from, to } = epochAxis(data)
  return {
    marks: data.marks,
    xName: 'epoch',
    xMin: from,
    xMax: to,
    zoom: view.zoom,
    scale: view.scale,
    formatX: (value) => String(Number(value.toFixed(2))),
  }
}

function overSteps(data: TrainingData, values: readonly number[], size: keyof typeof pointLimits): Point[] {
  const stepsPerEpoch = Math.max(1, data.stepsPerEpoch)
  const points = thinned(data.curves.steps.step, values, pointLimits[size])
  for (const point of points) point[0] /= stepsPerEpoch
  return points
}

function overEpochs(data: TrainingData, value: (epoch: EpochMetrics) => number | null | undefined): Point[] {
  return data.curves.epochs.flatMap((epoch): Point[] => {
    const y = value(epoch) ?? null
    return y === null ? [] : [[epoch.epoch, y]]
  })
}

function line(name: string, points: Point[], colour: string, width: number): Curve {
  return { name, points, colour, width, opacity: 1, dashed: false, labelled: false, dots: false }
}

/** The raw values, faint once there is a smoothed line over them. */
function stepCurves(
  data: TrainingData,
  values: readonly number[],
  size: keyof typeof pointLimits,
  { window }: CurveView,
  theme: ChartTheme,
): Curve[] {
  const isSmoothed = window > 1
  const raw = line('step', overSteps(data, values, size), theme.training, isSmoothed ? 1 : 1.2)
  const faint = { ...raw, opacity: isSmoothed ? 0.35 : 0.7 }
  if (!isSmoothed) return [faint]
  const smoothed = overSteps(data, trailingMean(values, window), size)
  return [faint, line(`mean of ${window} steps`, smoothed, theme.accent, 1.4)]
}

function epochCurves(
  data: TrainingData,
  theme: ChartTheme,
  values: Record<'training' | 'validation' | 'average', (epoch: EpochMetrics) => number | null | undefined>,
): Curve[] {
  const labelled = { labelled: true, dots: true }
  const average = overEpochs(data, values.average)
  return [
    { ...line('training', overEpochs(data, values.training), theme.training, 1.8), ...labelled },
    { ...line('validation', overEpochs(data, values.validation), theme.validation, 3), ...labelled },
    ...(average.length === 0
      ? []
      : [{ ...line('average', average, theme.validation, 1.8), ...labelled, dashed: true }]),
  ]
}

/** Loss: each step faint, its smoothed line, then training and validation by epoch. */
export function lossOption(data: TrainingData, view: CurveView, theme: ChartTheme): ChartOption {
  return curveOption(
    {
      ...frame(data, view),
      curves: [
        ...stepCurves(data, data.curves.steps.loss, 'large', view, theme),
        ...epochCurves(data, theme, {
          training: (epoch) => epoch.train_loss,
          validation: (epoch) => epoch.val_loss,
          average: (epoch) => epoch.ema_val_loss,
        }),
      ],
      // Whole curves stand on zero; a part of them fills the height.
      yMin: view.zoom === null ? 0 : null,
      yMax: null,
      yInterval: null,
      compact: false,
      formatY: formatMeasure,
    },
    theme,
  )
}

/** Accuracy by epoch, from 0 to 1, on a linear axis always. */
export function accuracyOption(data: TrainingData, view: CurveView, theme: ChartTheme): ChartOption {
  const isWhole = view.zoom === null
  return curveOption(
    {
      ...frame(data, view),
      scale: 'linear',
      curves: epochCurves(data, theme, {
        training: (epoch) => epoch.train_acc,
        validation: (epoch) => epoch.val_acc,
        average: (epoch) => epoch.ema_val_acc,
      }),
      yMin: isWhole ? 0 : null,
      yMax: isWhole ? 1 : null,
      yInterval: isWhole ? 0.25 : null,
      compact: false,
      formatY: (value) => formatPercent(value, isWhole ? 0 : 1),
    },
    theme,
  )
}

/** One hue for each part of a model, safe for colour-blind people (Okabe and Ito, 2008). */
const groupColours: Readonly<Record<WeightGroup, string>> = {
  'patch-embedding': '#e69f00',
  tokens: '#56b4e9',
  attention: '#009e73',
  mlp: '#cc79a7',
  norms: '#d55e00',
  head: '#0072b2',
}

const groupWords: Readonly<Record<WeightGroup, string>> = {
  'patch-embedding': 'patches',
  tokens: 'tokens',
  attention: 'attention',
  mlp: 'MLP',
  norms: 'norms',
  head: 'head',
}

/** Memory is drawn in gibibytes, so that its grid lines are whole. */
const gibibyte = 2 ** 30

/** A small chart, and what it is called. */
export interface SmallChart {
  title: string
  hint: string
  option: ChartOption
}

/** The small charts below; those that the run has no figures for are left out. */
export function smallCharts(data: TrainingData, view: CurveView, theme: ChartTheme): SmallChart[] {
  const { steps } = data.curves
  const chart = (curves: Curve[], formatY: (value: number) => string, scale = view.scale): ChartOption =>
    curveOption(
      { ...frame(data, view), scale, curves, yMin: 0, yMax: null, yInterval: null, compact: true, formatY },
      theme,
    )
  const byEpoch = (name: string, value: (epoch: EpochMetrics) => number | undefined): Curve[] => {
    const points = overEpochs(data, value)
    return points.length === 0 ? [] : [{ ...line(name, points, theme.accent, 1.6), dots: true }]
  }
  const weightNorm = byEpoch('weight norm', (epoch) => epoch.weightNorm)
  const memory = byEpoch('memory', ({ memoryBytes }) =>
    memoryBytes === undefined ? undefined : memoryBytes / gibibyte,
  )
  const ratios = weightGroups.flatMap((group): Curve[] => {
    const points = overEpochs(data, (epoch) => epoch.updateRatio?.[group])
    return points.length === 0
      ? []
      : [{ ...line(groupWords[group], points, groupColours[group], 1.6), dots: true, labelled: true }]
  })
  const all = [
    {
      title: 'Learning rate',
      hint: 'The rate that each step was made with',
      curves: [line('learning rate', overSteps(data, steps.learningRate, 'small'), theme.accent, 1.4)],
      formatY: formatSetting,
    },
    {
      title: 'Gradient norm',
      hint: 'Length of the whole gradient, before clipping',
      curves: stepCurves(data, steps.gradientNorm, 'small', view, theme),
      formatY: formatMeasure,
    },
    {
      title: 'Images per second',
      hint: 'Training images in each second of each step',
      curves: stepCurves(data, steps.imagesPerSecond, 'small', view, theme),
      formatY: (value: number) => formatShort(value),
      linear: true,
    },
    {
      title: 'Memory',
      hint: 'Memory of the training process',
      curves: memory,
      formatY: (value: number) => `${formatMeasure(value)} GiB`,
      linear: true,
    },
    { title: 'Weight norm', hint: 'Length of all weights together', curves: weightNorm, formatY: formatMeasure },
    {
      title: 'Update ratio',
      hint: 'How far a step moves the weights of each part, as a share of their length; about 0.001 is healthy',
      curves: ratios,
      formatY: formatMeasure,
    },
  ]
  return all
    .filter(({ curves }) => curves.length > 0)
    .map(({ title, hint, curves, formatY, linear }) => ({
      title,
      hint,
      option: chart(curves, formatY, linear === true ? 'linear' : view.scale),
    }))
}
