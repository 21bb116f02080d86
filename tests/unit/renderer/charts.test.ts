import { describe, expect, it } from 'vitest'
import { classHistogramOption } from '../../../src/renderer/charts/classHistogram'
import { curveOption, pointNear, tooltipText, type CurveChart } from '../../../src/renderer/charts/curveChart'
import { scheduleOption } from '../../../src/renderer/charts/scheduleChart'
import { thinned, type Point } from '../../../src/renderer/charts/thinning'
import { accuracyOption, learningRateOption, lossOption } from '../../../src/renderer/charts/trainingCharts'
import { appendLines, emptyCurves } from '../../../src/renderer/stores/runCurves'
import { chartTheme } from '../../../src/renderer/theme'

const theme = chartTheme('light')

function trainingData(steps: number) {
  const curves = emptyCurves()
  for (let step = 1; step <= steps; step++) {
    const epoch = Math.ceil(step / 10)
    appendLines(curves, [{ type: 'step', step, epoch, loss: 2 / step, lr: 1e-3, gradNorm: 1, imagesPerSecond: 50 }])
    if (step % 10 !== 0) continue
    appendLines(curves, [
      {
        type: 'epoch',
        epoch,
        lr: 1e-3,
        train_loss: 1,
        train_acc: 0.5,
        val_loss: epoch === 1 ? null : 0.9,
        val_acc: epoch === 1 ? null : 0.6,
        seconds: 1,
      },
    ])
  }
  return { curves, epochs: 30, stepsPerEpoch: 10 }
}

function seriesOf(option: ReturnType<typeof lossOption>) {
  return Array.isArray(option.series) ? option.series : []
}

describe('thinned', () => {
  it('keeps short curves and averages long ones', () => {
    expect(thinned([1, 2, 3], [4, 5, 6], 10)).toEqual([
      [1, 4],
      [2, 5],
      [3, 6],
    ])
    const many = Array.from({ length: 100_000 }, (_, index) => index)
    const points = thinned(many, many, 2000)
    expect(points).toHaveLength(2000)
    expect(points[0]).toEqual([24.5, 24.5])
  })
})

describe('training charts', () => {
  it('puts steps on the epoch axis and leaves out missing validation', () => {
    const [steps, training, validation] = seriesOf(lossOption(trainingData(20), theme))
    expect(steps?.data).toHaveLength(20)
    expect(steps?.data).toContainEqual([1, 0.2])
    expect(training?.data).toEqual([
      [1, 1],
      [2, 1],
    ])
    expect(validation?.data).toEqual([[2, 0.9]])
  })

  it('draws validation thicker than training and fixes the axes', () => {
    const option = accuracyOption(trainingData(20), theme)
    const [training, validation] = seriesOf(option)
    expect(training).toMatchObject({ name: 'training', lineStyle: { width: 1.8 } })
    expect(validation).toMatchObject({ name: 'validation', lineStyle: { width: 3 } })
    expect(option.xAxis).toMatchObject({ min: 0, max: 30 })
    expect(option.yAxis).toMatchObject({ min: 0, max: 1 })
    expect(option.animation).toBe(false)
  })

  it('never hands more than two thousand points to a small chart', () => {
    const [curve] = seriesOf(learningRateOption(trainingData(9000), theme))
    expect(Array.isArray(curve?.data) ? curve.data.length : 0).toBeLessThanOrEqual(2000)
  })
})

describe('hovering', () => {
  const points: Point[] = [
    [1, 10],
    [2, 20],
    [4, 40],
  ]

  it('finds the nearest point within reach', () => {
    expect(pointNear(points, 1.4, 0.5)).toEqual([1, 10])
    expect(pointNear(points, 1.6, 0.5)).toEqual([2, 20])
    expect(pointNear(points, 3, 0.5)).toBeNull()
    expect(pointNear(points, 9, 100)).toEqual([4, 40])
    expect(pointNear([], 1, 1)).toBeNull()
  })

  it('shows all curves and escapes their names', () => {
    const curve = { points, colour: '', width: 1, opacity: 1, labelled: false, dots: false }
    const chart: CurveChart = {
      curves: [
        { ...curve, name: '<i>loss' },
        { ...curve, name: 'far', points: [[30, 1]] },
      ],
      xName: 'epoch',
      xMin: 0,
      xMax: null,
      yMin: null,
      yMax: null,
      yInterval: null,
      compact: false,
      formatX: String,
      formatY: String,
    }
    expect(tooltipText([{ value: [2.1, 20] }], chart)).toBe('epoch 2.1<br>&lt;i>loss: <b>20</b>')
    expect(tooltipText([], chart)).toBe('')
    expect(curveOption(chart, theme).series).toHaveLength(2)
  })
})

describe('other charts', () => {
  it('counts the schedule’s epochs from one', () => {
    const [curve] = seriesOf(scheduleOption([1e-6, 1e-3, 5e-4], theme))
    expect(curve?.data).toEqual([
      [1, 1e-6],
      [2, 1e-3],
      [3, 5e-4],
    ])
  })

  it('stacks training and validation images of each class', () => {
    const option = classHistogramOption({ classes: ['cat', 'dog'], train: [3, 4], val: [1, 2] }, theme)
    expect(seriesOf(option)).toMatchObject([
      { name: 'training', stack: 'images', data: [3, 4] },
      { name: 'validation', stack: 'images', data: [1, 2] },
    ])
  })
})
