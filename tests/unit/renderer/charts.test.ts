import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { classHistogramOption } from '../../../src/renderer/charts/classHistogram'
import { curveOption } from '../../../src/renderer/charts/curveChart'
import type { CurveChart } from '../../../src/renderer/charts/curves'
import { pointNear, tooltipText } from '../../../src/renderer/charts/curveTooltip'
import { spacedPlaces } from '../../../src/renderer/charts/labelPlaces'
import { scheduleOption } from '../../../src/renderer/charts/scheduleChart'
import { trailingMean } from '../../../src/renderer/charts/smoothing'
import { thinned, type Point } from '../../../src/renderer/charts/thinning'
import {
  accuracyOption,
  epochAxis,
  lossOption,
  runMarks,
  smallCharts,
  type CurveView,
} from '../../../src/renderer/charts/trainingCharts'
import { scaledRange, zoomedRange, zoomShares } from '../../../src/renderer/charts/zoom'
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
  return { curves, epochs: 30, stepsPerEpoch: 10, marks: [] }
}

const plainView: CurveView = { window: 1, scale: 'linear', zoom: null }

/** The series of an option, each with its points. */
function seriesOf(option: ReturnType<typeof lossOption>) {
  const series = Array.isArray(option.series) ? option.series : []
  const datasets = Array.isArray(option.dataset) ? option.dataset : []
  return series.map((one, index) => {
    const source = datasets[index]?.source
    return { ...one, data: source instanceof Float64Array ? pointsOf(source) : one.data }
  })
}

function pointsOf(data: Float64Array): Point[] {
  return Array.from({ length: data.length / 2 }, (_, index) => [data[2 * index] ?? 0, data[2 * index + 1] ?? 0])
}

describe('thinned', () => {
  it('keeps short curves, and of long ones every extreme', () => {
    expect(thinned([1, 2, 3], [4, 5, 6], 10)).toEqual([
      [1, 4],
      [2, 5],
      [3, 6],
    ])
    const xs = Array.from({ length: 100_000 }, (_, index) => index)
    const ys = xs.map((x) => (x === 54_321 ? 99 : x === 54_400 ? -99 : Math.sin(x)))
    const points = thinned(xs, ys, 2000)
    expect(points.length).toBeLessThanOrEqual(2000)
    expect(points).toContainEqual([54_321, 99])
    expect(points).toContainEqual([54_400, -99])
    expect(points.map(([x]) => x)).toEqual(points.map(([x]) => x).toSorted((a, b) => a - b))
  })
})

describe('trailingMean', () => {
  it('is the mean of the last values, fewer at the start', () => {
    expect(trailingMean([1, 2, 3, 4, 10], 2)).toEqual([1, 1.5, 2.5, 3.5, 7])
    expect(trailingMean([3, 1, 2], 1)).toEqual([3, 1, 2])
  })

  it('leaves a constant series exactly as it is', () => {
    const number = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 })
    fc.assert(
      fc.property(
        number,
        fc.integer({ min: 1, max: 300 }),
        fc.integer({ min: 1, max: 50 }),
        (value, length, window) => {
          const constant = new Array<number>(length).fill(value + 0)
          expect(trailingMean(constant, window)).toEqual(constant)
        },
      ),
    )
  })

  it('does not change what is drawn when new values come', () => {
    const values = fc.array(fc.double({ noNaN: true, min: -100, max: 100 }), { minLength: 2, maxLength: 60 })
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 20 }), (all, window) => {
        expect(trailingMean(all, window).slice(0, -1)).toEqual(trailingMean(all.slice(0, -1), window))
      }),
    )
  })

  it('leaves out values that are no numbers', () => {
    expect(trailingMean([Number.NaN, 2, Infinity, 4], 2)).toEqual([Number.NaN, 2, 2, 4])
  })
})

describe('training charts', () => {
  it('puts steps on the epoch axis and leaves out missing validation', () => {
    const [steps, training, validation] = seriesOf(lossOption(trainingData(20), plainView, theme))
    expect(steps?.data).toHaveLength(20)
    expect(steps?.data).toContainEqual([1, 0.2])
    expect(training?.data).toEqual([
      [1, 1],
      [2, 1],
    ])
    expect(validation?.data).toEqual([[2, 0.9]])
  })

  it('keeps every raw step beside the smoothed line, which says its window', () => {
    const [raw, mean] = seriesOf(lossOption(trainingData(20), { ...plainView, window: 5 }, theme))
    expect(raw?.data).toHaveLength(20)
    expect(raw?.data).toContainEqual([1, 0.2])
    expect(mean).toMatchObject({ name: 'mean of 5 steps' })
    expect(mean?.data).toHaveLength(20)
  })

  it('draws validation thicker than training and fixes the axes', () => {
    const option = accuracyOption(trainingData(20), plainView, theme)
    const [training, validation] = seriesOf(option)
    expect(training).toMatchObject({ name: 'training', lineStyle: { width: 1.8 } })
    expect(validation).toMatchObject({ name: 'validation', lineStyle: { width: 3 } })
    expect(option.xAxis).toMatchObject({ min: 0, max: 30 })
    expect(option.yAxis).toMatchObject({ min: 0, max: 1 })
    expect(option.animation).toBe(false)
  })

  it('shows the zoomed part, whatever points come', () => {
    const zoomed: CurveView = { ...plainView, zoom: { from: 1, to: 2 } }
    for (const steps of [20, 200]) {
      const option = lossOption(trainingData(steps), zoomed, theme)
      expect(option.dataZoom).toMatchObject([{ startValue: 1, endValue: 2 }])
      expect(option.xAxis).toMatchObject({ min: 0, max: 30 })
    }
  })

  it('fits a logarithmic axis to what is above zero', () => {
    const data = trainingData(20)
    data.curves.steps.loss[0] = 0
    const option = lossOption(data, { ...plainView, scale: 'log' }, theme)
    expect(option.yAxis).toMatchObject({ type: 'log', min: 0.1 / 1.1, max: 1 * 1.1 })
    expect(seriesOf(option)[0]?.data).toHaveLength(19)
    expect(accuracyOption(data, { ...plainView, scale: 'log' }, theme).yAxis).toMatchObject({ type: 'value' })
  })

  it('has small charts for what the run measured', () => {
    const data = trainingData(20)
    const titles = () => smallCharts(data, plainView, theme).map(({ title }) => title)
    expect(titles()).toEqual(['Learning rate', 'Gradient norm', 'Images per second'])
    data.curves.epochs = data.curves.epochs.map((epoch) => ({
      ...epoch,
      weightNorm: 10,
      memoryBytes: 2 ** 30,
      updateRatio: { mlp: 0.001, head: 0.002 },
    }))
    expect(titles()).toEqual([
      'Learning rate',
      'Gradient norm',
      'Images per second',
      'Memory',
      'Weight norm',
      'Update ratio',
    ])
    const ratio = smallCharts(data, plainView, theme).at(-1)?.option
    expect(ratio === undefined ? [] : seriesOf(ratio).map(({ name }) => name)).toEqual(['MLP', 'head'])
  })

  it('marks the best epoch, each resuming and where the run stopped', () => {
    const { curves } = trainingData(20)
    curves.resumes.push({ type: 'resume', step: 15, epoch: 2, at: '' })
    const record = { best: { epoch: 2, monitor: 'val_loss', value: 1 }, status: 'stopped', stepsPerEpoch: 10 } as const
    expect(runMarks(record, curves)).toEqual([
      { x: 2, label: 'best' },
      { x: 1.5, label: 'resumed' },
      { x: 2, label: 'stopped' },
    ])
    expect(runMarks({ ...record, best: null, status: 'running' }, curves)).toHaveLength(1)
    const marks = runMarks(record, curves)
    const [first] = seriesOf(lossOption({ ...trainingData(20), marks }, plainView, theme))
    expect(first).toMatchObject({ markLine: { data: [{ xAxis: 2 }, { xAxis: 1.5 }, { xAxis: 2 }] } })
  })

  it('makes room for a run that went on beyond its epochs', () => {
    expect(epochAxis({ ...trainingData(20), epochs: 1 })).toEqual({ from: 0, to: 2 })
  })
})

describe('labels at the lines’ ends', () => {
  it('stay where they are when they are apart, and share the way when they are not', () => {
    expect(spacedPlaces([0, 50, 20], 10)).toEqual([0, 50, 20])
    expect(spacedPlaces([10, 10], 10)).toEqual([5, 15])
    expect(spacedPlaces([2, 1, 0], 10, 0)).toEqual([20, 10, 0])
  })

  it('are never closer than the gap, nor below the end', () => {
    const wishes = fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 8 })
    fc.assert(
      fc.property(wishes, (all) => {
        const places = spacedPlaces(all, 11, 0).toSorted((a, b) => a - b)
        expect(places[0]).toBeGreaterThanOrEqual(0)
        for (const [index, place] of places.entries()) {
          if (index > 0) expect(place - (places[index - 1] ?? 0)).toBeGreaterThan(11 - 1e-9)
        }
      }),
    )
  })
})

describe('zooming', () => {
  const axis = { from: 0, to: 40 }

  it('reads what a chart tells of wheel and dragging', () => {
    expect(zoomShares({ start: 10, end: 60 })).toEqual({ start: 10, end: 60 })
    expect(zoomShares({ batch: [{ start: 10, end: 60 }] })).toEqual({ start: 10, end: 60 })
    expect(zoomShares({ batch: [] })).toBeNull()
    expect(zoomShares('no')).toBeNull()
    expect(zoomedRange({ start: 25, end: 50 }, axis)).toEqual({ from: 10, to: 20 })
    expect(zoomedRange({ start: 0, end: 100 }, axis)).toBeNull()
  })

  it('halves and doubles around the middle, within the axis', () => {
    expect(scaledRange(null, axis, 0.5)).toEqual({ from: 10, to: 30 })
    expect(scaledRange({ from: 36, to: 40 }, axis, 2)).toEqual({ from: 32, to: 40 })
    expect(scaledRange({ from: 10, to: 30 }, axis, 2)).toBeNull()
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
    const curve = { points, colour: '#123456', width: 1, opacity: 1, dashed: false, labelled: false, dots: false }
    const chart: CurveChart = {
      curves: [
        { ...curve, name: '<i>loss' },
        { ...curve, name: 'far', points: [[30, 1]] },
      ],
      marks: [],
      xName: 'epoch',
      xMin: 0,
      xMax: null,
      scale: 'linear',
      yMin: null,
      yMax: null,
      yInterval: null,
      compact: false,
      formatX: String,
      formatY: String,
    }
    expect(tooltipText([{ value: [2.1, 20] }], chart)).toBe(
      'epoch 2.1<br><font color="#123456">●</font> &lt;i>loss: <b>20</b>',
    )
    expect(tooltipText([], chart)).toBe('')
    expect(curveOption(chart, theme).series).toHaveLength(2)
  })
})

describe('other charts', () => {
  it('counts the schedule’s epochs from one', () => {
    const [curve] = seriesOf(scheduleOption([1e-6, 1e-3, 5e-4], 1, theme))
    expect(curve?.data).toEqual([
      [1, 1e-6],
      [2, 1e-3],
      [3, 5e-4],
    ])
    const [bySteps] = seriesOf(scheduleOption([1, 2, 3, 4], 2, theme))
    expect(bySteps?.data).toEqual([
      [0, 1],
      [0.5, 2],
      [1, 3],
      [1.5, 4],
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
