import { weightGroups, type EpochMetrics, type MetricLine, type RunRecord } from '@shared/contract/records'
import { formatMeasure, formatPercent, formatSetting, formatShort } from '@shared/format/numbers'
import { nothing, type Html, html } from './html'
import { lineChart, type ChartLine } from './lineChart'
import { figure, grid, note, type Section } from './page'

type Point = readonly [x: number, y: number]

/** More points than this are no wider than a pixel each. */
const mostPoints = 400

const large = { width: 540, height: 300 }
const small = { width: 350, height: 180 }

/** Means of as many neighbours as leave `mostPoints`. */
export function thinned(points: readonly Point[]): Point[] {
  const together = Math.ceil(points.length / mostPoints)
  if (together <= 1) return [...points]
  return Array.from({ length: Math.ceil(points.length / together) }, (_, group) => {
    const part = points.slice(group * together, (group + 1) * together)
    const mean = (pick: (point: Point) => number) => part.reduce((sum, point) => sum + pick(point), 0) / part.length
    return [mean(([x]) => x), mean(([, y]) => y)] as const
  })
}

/** The curves of a run over its epochs. */
export function curveSection(record: RunRecord, lines: readonly MetricLine[]): Section {
  const epochs = lines.filter((line) => line.type === 'epoch')
  const steps = lines.filter((line) => line.type === 'step')
  const ofSteps = (value: (step: (typeof steps)[number]) => number): Point[] =>
    thinned(steps.map((step) => [step.step / record.stepsPerEpoch, value(step)] as const))
  const ofEpochs = (value: (epoch: EpochMetrics) => number | null | undefined): Point[] =>
    epochs.flatMap((epoch) => {
      const found = value(epoch)
      return found === null || found === undefined ? [] : [[epoch.epoch, found] as const]
    })
  const training = (points: Point[], name = 'training'): ChartLine => line(name, points, 'training', 1.8)
  const validation = (points: Point[]): ChartLine => line('validation', points, 'validation', 2.6)
  const average = (points: Point[]): ChartLine => line('averaged weights', points, 'average', 2)

  const loss = chart('Loss', large, formatMeasure, [
    {
      ...training(
        ofSteps(({ loss }) => loss),
        'steps',
      ),
      width: 1,
      opacity: 0.45,
    },
    training(ofEpochs((epoch) => epoch.train_loss)),
    validation(ofEpochs((epoch) => epoch.val_loss)),
    average(ofEpochs((epoch) => epoch.ema_val_loss)),
  ])
  const accuracy = chart(
    'Accuracy',
    large,
    (value) => formatPercent(value, 0),
    [
      training(ofEpochs((epoch) => epoch.train_acc)),
      validation(ofEpochs((epoch) => epoch.val_acc)),
      average(ofEpochs((epoch) => epoch.ema_val_acc)),
    ],
    { yLow: 0, yHigh: 1 },
  )
  const accent = (points: Point[]): ChartLine => line('', points, 'accent', 1.6)
  const others = [
    chart('Learning rate', small, formatSetting, [accent(ofSteps(({ lr }) => lr))], { yLow: 0 }),
    chart('Gradient norm', small, formatMeasure, [accent(ofSteps(({ gradNorm }) => gradNorm))], { yLow: 0 }),
    chart(
      'Images per second',
      small,
      (value) => formatShort(value),
      [accent(ofSteps((step) => step.imagesPerSecond))],
      {
        yLow: 0,
      },
    ),
    chart('Weight norm', small, formatMeasure, [accent(ofEpochs((epoch) => epoch.weightNorm))]),
    ...weightGroups.map((group) =>
      chart(`Update ratio, ${group.replace('-', ' ')}`, small, formatMeasure, [
        accent(ofEpochs((epoch) => epoch.updateRatio?.[group])),
      ]),
    ),
  ]
  const body =
    lines.length === 0
      ? note('The run has no numbers yet.')
      : html`${grid([loss, accuracy], 'charts')}${grid(others, 'small-charts')}`
  return { id: 'curves', title: 'Curves', body }
}

function line(name: string, points: readonly Point[], colour: string, width: number): ChartLine {
  return { name, points, colour, width }
}

/** Nothing for a figure that the run has no numbers of. */
function chart(
  title: string,
  size: { width: number; height: number },
  formatY: (value: number) => string,
  lines: readonly ChartLine[],
  ends: { yLow?: number; yHigh?: number } = {},
): Html {
  if (lines.every(({ points }) => points.length === 0)) return nothing
  const drawn = lineChart({ label: title, xName: 'epoch', lines, formatX: formatMeasure, formatY, ...size, ...ends })
  return figure(
    html`<h3>${title}</h3>
      ${drawn}`,
    '',
  )
}
