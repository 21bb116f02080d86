import type { RunCurves } from '../stores/runCurves'
import { formatMeasure, formatPercent, formatSetting, formatShort } from '../format/numbers'
import type { ChartTheme } from './chartTheme'
import { curveOption, type Curve, type CurveChart } from './curveChart'
import type { ChartOption } from './registerCharts'
import { thinned, type Point } from './thinning'

const pointLimit = 2000

export interface TrainingData {
  curves: RunCurves
  epochs: number
  stepsPerEpoch: number
}

function axis(data: TrainingData): Pick<CurveChart, 'xName' | 'xMin' | 'xMax' | 'formatX'> {
  return {
    xName: 'epoch',
    xMin: 0,
    xMax: data.epochs,
    formatX: (value) => String(Number(value.toFixed(2))),
  }
}

function overSteps(data: TrainingData, values: readonly number[]): Point[] {
  const stepsPerEpoch = Math.max(1, data.stepsPerEpoch)
  const xs = data.curves.steps.step.map((step) => step / stepsPerEpoch)
  return thinned(xs, values, pointLimit)
}

function overEpochs(data: TrainingData, value: (epoch: RunCurves['epochs'][number]) => number | null): Point[] {
  return data.curves.epochs.flatMap((epoch): Point[] => {
    const y = value(epoch)
    return y === null ? [] : [[epoch.epoch, y]]
  })
}

function trainingCurve(points: Point[], theme: ChartTheme): Curve {
  return { name: 'training', points, colour: theme.training, width: 1.8, opacity: 1, labelled: true, dots: true }
}

function validationCurve(points: Point[], theme: ChartTheme): Curve {
  return { name: 'validation', points, colour: theme.validation, width: 3, opacity: 1, labelled: true, dots: true }
}

/** Loss: each step faint, then training and validation by epoch. */
export function lossOption(data: TrainingData, theme: ChartTheme): ChartOption {
  const steps: Curve = {
    name: 'step',
    points: overSteps(data, data.curves.steps.loss),
    colour: theme.training,
    width: 1,
    opacity: 0.45,
    labelled: false,
    dots: false,
  }
  return curveOption(
    {
      ...axis(data),
      curves: [
        steps,
        trainingCurve(
          overEpochs(data, (epoch) => epoch.train_loss),
          theme,
        ),
        validationCurve(
          overEpochs(data, (epoch) => epoch.val_loss),
          theme,
        ),
      ],
      yMin: 0,
      yMax: null,
      yInterval: null,
      compact: false,
      formatY: formatMeasure,
    },
    theme,
  )
}

/** Accuracy by epoch, from 0 to 1. */
export function accuracyOption(data: TrainingData, theme: ChartTheme): ChartOption {
  return curveOption(
    {
      ...axis(data),
      curves: [
        trainingCurve(
          overEpochs(data, (epoch) => epoch.train_acc),
          theme,
        ),
        validationCurve(
          overEpochs(data, (epoch) => epoch.val_acc),
          theme,
        ),
      ],
      yMin: 0,
      yMax: 1,
      yInterval: 0.25,
      compact: false,
      formatY: (value) => formatPercent(value, 0),
    },
    theme,
  )
}

function smallOption(
  data: TrainingData,
  theme: ChartTheme,
  name: string,
  values: readonly number[],
  formatY: (value: number) => string,
): ChartOption {
  const curve: Curve = {
    name,
    points: overSteps(data, values),
    colour: theme.accent,
    width: 1.4,
    opacity: 1,
    labelled: false,
    dots: false,
  }
  return curveOption(
    { ...axis(data), curves: [curve], yMin: 0, yMax: null, yInterval: null, compact: true, formatY },
    theme,
  )
}

export function learningRateOption(data: TrainingData, theme: ChartTheme): ChartOption {
  return smallOption(data, theme, 'learning rate', data.curves.steps.learningRate, formatSetting)
}

export function gradientNormOption(data: TrainingData, theme: ChartTheme): ChartOption {
  return smallOption(data, theme, 'gradient norm', data.curves.steps.gradientNorm, formatMeasure)
}

export function throughputOption(data: TrainingData, theme: ChartTheme): ChartOption {
  return smallOption(data, theme, 'images per second', data.curves.steps.imagesPerSecond, (value) => formatShort(value))
}
