import { describe, expect, it } from 'vitest'
import type { EpochMetrics, StepMetrics } from '@shared/contract/records'
import { barsOf } from '../../../src/renderer/charts/compareBars'
import { runClock } from '../../../src/renderer/charts/compareClock'
import { compareLetter, compareStyle } from '../../../src/renderer/charts/compareColours'
import { bandOutline, compareAxis, compareOption } from '../../../src/renderer/charts/compareCurves'
import { compareFigures } from '../../../src/renderer/charts/compareFigures'
import { parallelOption, parallelScale } from '../../../src/renderer/charts/compareParallel'
import { compareMetrics, meanSeries, metricSeries } from '../../../src/renderer/charts/compareSeries'
import { compareEntries } from '../../../src/renderer/components/compare/compareEntries'
import { nextSeed, seedGroups, withoutSeedWords } from '../../../src/renderer/components/compare/seedGroups'
import {
  comparedResults,
  comparedSettings,
  differencesOnly,
  differingSettings,
} from '../../../src/renderer/components/compare/settingDifferences'
import { curvesOf } from '../../../src/renderer/stores/runCurves'
import { chartTheme } from '../../../src/renderer/theme'
import { epochMetrics, listedRun, runConfig, stepMetrics } from '../../support/records'

type ConfigChanges = Parameters<typeof runConfig>[0]

function run(id: string, config: ConfigChanges) {
  return listedRun({ id, name: config?.name ?? id, config: runConfig(config), stepsPerEpoch: 2 })
}

const seed1 = run('one', { name: 'shapes seed 1', seed: 1 })
const seed2 = run('two', { name: 'shapes seed 2', seed: 2 })
const faster = run('fast', { name: 'fast', seed: 1, train: { optimizer: { lr: 3e-3 } } })

describe('runs that differ only in their seed', () => {
  it('are a group, whatever they are called', () => {
    const groups = seedGroups([seed2, faster, seed1])
    expect(groups.map((group) => group.map(({ record }) => record.id))).toEqual([['one', 'two'], ['fast']])
  })

  it('are no group where another setting differs, however small', () => {
    const decayed = run('decay', { seed: 3, train: { optimizer: { weightDecay: 0.051 } } })
    expect(seedGroups([seed1, decayed])).toHaveLength(2)
  })

  it('get the next seed that none has had', () => {
    expect(nextSeed(seed1, [seed1, seed2, faster])).toBe(3)
    expect(nextSeed(faster, [seed1, seed2, faster])).toBe(2)
    const last = run('last', { seed: 0xffffffff })
    expect(nextSeed(last, [last])).toBe(0)
  })

  it.each([
    ['shapes seed 43', 'shapes'],
    ['shapes (seed 43)', 'shapes'],
    ['shapes · seed 7', 'shapes'],
    ['seedlings', 'seedlings'],
    ['seed 4', 'seed 4'],
  ])('%j is called %j without its seed', (name, words) => {
    expect(withoutSeedWords(name)).toBe(words)
  })

  it('are one entry of a comparison, with a hue of its own', () => {
    const grouped = compareEntries([seed1, seed2, faster], true, 'light')
    expect(grouped.map(({ letter, name, runs }) => [letter, name, runs.length])).toEqual([
      ['A', 'shapes · 2 seeds', 2],
      ['B', 'fast', 1],
    ])
    const apart = compareEntries([seed1, seed2, faster], false, 'light')
    expect(apart.map(({ letter }) => letter)).toEqual(['A', 'B', 'C'])
    expect(new Set(apart.map(({ colour }) => colour)).size).toBe(3)
  })
})

describe('hues and letters', () => {
  it('do not repeat before the ninth run, which is dashed', () => {
    const styles = Array.from({ length: 9 }, (_, place) => compareStyle(place, 'dark'))
    expect(new Set(styles.slice(0, 8).map(({ colour }) => colour)).size).toBe(8)
    expect(styles[8]).toEqual({ colour: styles[0]?.colour, dashed: true })
  })

  it('go on after Z', () => {
    expect([0, 25, 26, 27, 52].map(compareLetter)).toEqual(['A', 'Z', 'AA', 'AB', 'BA'])
  })
})

describe('settings side by side', () => {
  const entries = [[seed1, seed2], [faster]] as const

  it('are all there, and only the differing ones when that is asked for', () => {
    const groups = comparedSettings(entries)
    const rows = groups.flatMap((group) => group.rows)
    const rate = rows.find(({ name }) => name === 'Learning rate')
    expect(rate).toEqual({ name: 'Learning rate', values: ['1e-4', '0.003'], isDifferent: true })
    expect(rows.find(({ name }) => name === 'Batch size')).toMatchObject({ isDifferent: false })
    const different = differencesOnly(groups).flatMap((group) => group.rows.map(({ name }) => name))
    expect(different.sort()).toEqual(['Learning rate', 'Seed'])
    expect(rows.find(({ name }) => name === 'Seed')?.values).toEqual(['1, 2', '1'])
    expect(differencesOnly(comparedSettings([[seed1], [seed1]]))).toEqual([])
  })

  it('tell of a setting that has an effect in one run only', () => {
    const sgd = run('sgd', { seed: 1, train: { optimizer: { name: 'sgd' } } })
    const rows = differencesOnly(comparedSettings([[seed1], [sgd]])).flatMap((group) => group.rows)
    expect(rows.find(({ name }) => name === 'Momentum')?.values).toEqual(['–', '0.9'])
  })

  it('come with the results', () => {
    const { rows } = comparedResults(entries, 0)
    expect(rows.find(({ name }) => name === 'Status')?.values).toEqual(['finished', 'finished'])
  })

  it('are axes where they differ: numbers as numbers, words as words, the seed last', () => {
    const found = differingSettings([seed1, seed2, faster])
    expect(found.map(({ path }) => path)).toEqual(['train.optimizer.lr', 'seed'])
    expect(found.map(({ valueOf }) => valueOf(faster))).toEqual([3e-3, 1])
    const sgd = run('sgd', { seed: 1, train: { optimizer: { name: 'sgd' } } })
    const optimizer = differingSettings([seed1, sgd]).find(({ path }) => path === 'train.optimizer.name')
    expect(optimizer?.valueOf(sgd)).toBe('SGD')
    // Momentum is there with SGD only, and the same wherever it is.
    expect(differingSettings([seed1, sgd]).map(({ path }) => path)).toEqual(['train.optimizer.name'])
  })
})

/** Two finished epochs of two steps, and a step of the third. */
function curves(changes: (epoch: number) => Partial<EpochMetrics> = () => ({})) {
  const step = (number: number, epoch: number): StepMetrics => ({ ...stepMetrics(number), epoch, imagesPerSecond: 512 })
  return curvesOf(
    [
      step(1, 1),
      step(2, 1),
      { ...epochMetrics(1), seconds: 10, ...changes(1) },
      step(3, 2),
      step(4, 2),
      { ...epochMetrics(2), seconds: 20, ...changes(2) },
      step(5, 3),
    ],
    [],
  )
}

const metric = (key: string) => compareMetrics.find((known) => known.key === key) ?? compareMetrics[0]

describe('the clock of a run', () => {
  const settings = { stepsPerEpoch: 2, imagesPerStep: 256 }

  it('goes by the seconds of epochs, and by the last pace after them', () => {
    const clock = runClock(curves(), settings)
    expect([0, 1, 2, 3, 4, 5, 6].map(clock.secondsAt)).toEqual([0, 5, 10, 20, 30, 40, 50])
    expect([1, 2, 3].map(clock.stepOfEpoch)).toEqual([2, 4, 6])
  })

  it('goes by the rate of its steps before an epoch is finished', () => {
    const first = curvesOf(
      [
        { ...stepMetrics(1), imagesPerSecond: 512 },
        { ...stepMetrics(2), imagesPerSecond: 512 },
      ],
      [],
    )
    expect(runClock(first, settings).secondsAt(2)).toBeCloseTo(1)
    expect(runClock(curvesOf([], []), settings).secondsAt(3)).toBe(0)
  })
})

describe('series', () => {
  it('of epochs stand at their epoch, last step and time', () => {
    const measured = curves((epoch) => ({ val_acc: epoch / 10 }))
    const xs = (axis: 'epoch' | 'step' | 'time') => metricSeries(seed1.record, measured, metric('val_acc'), axis, 1).xs
    expect(xs('epoch')).toEqual([1, 2])
    expect(xs('step')).toEqual([2, 4])
    expect(xs('time')).toEqual([10, 30])
    expect(metricSeries(seed1.record, measured, metric('val_acc'), 'time', 1).ys).toEqual([0.1, 0.2])
    expect(metricSeries(seed1.record, curves(), metric('val_acc'), 'time', 1).ys).toEqual([])
  })

  it('of steps are smoothed as asked', () => {
    const raw = metricSeries(seed1.record, curves(), metric('step_loss'), 'epoch', 1)
    expect(raw.xs).toEqual([0.5, 1, 1.5, 2, 2.5])
    expect(raw.ys).toEqual([2, 1, 2 / 3, 0.5, 0.4])
    expect(metricSeries(seed1.record, curves(), metric('step_loss'), 'step', 2).ys[1]).toBeCloseTo(1.5)
  })

  it('of several seeds become a mean with a band; those that got further go on alone', () => {
    const members = [
      { places: [1, 2, 3], xs: [1, 2, 3], ys: [0.2, 0.4, 0.9] },
      { places: [1, 2], xs: [3, 4], ys: [0.4, 0.8] },
    ]
    const range = meanSeries(members, 'range')
    expect(range.xs).toEqual([2, 3, 3])
    expect(range.ys.map((y) => Number(y.toFixed(6)))).toEqual([0.3, 0.6, 0.9])
    expect(range.low).toEqual([0.2, 0.4, 0.9])
    expect(range.high).toEqual([0.4, 0.8, 0.9])
    expect(range.counts).toEqual([2, 2, 1])
    // Of 0.2 and 0.4 the sample's standard deviation is 0.1 × √2.
    const deviation = meanSeries(members, 'deviation')
    expect(deviation.high[0]).toBeCloseTo(0.3 + 0.1 * Math.SQRT2, 10)
    expect(deviation.low[0]).toBeCloseTo(0.3 - 0.1 * Math.SQRT2, 10)
    expect(deviation.low[2]).toBe(0.9)
    expect(bandOutline(range, 1)).toEqual([
      [2, 0.4],
      [3, 0.8],
      [3, 0.9],
      [3, 0.9],
      [3, 0.4],
      [2, 0.2],
    ])
  })
})

describe('compareOption', () => {
  const theme = chartTheme('light')
  const mean = meanSeries(
    [
      { places: [1, 2], xs: [1, 2], ys: [0.2, 0.4] },
      { places: [1, 2], xs: [1, 2], ys: [0.4, 0.8] },
    ],
    'range',
  )
  const single = { places: [1, 2], xs: [1, 4], ys: [0.5, 0.6] }
  const lines = [
    { name: 'shapes', letter: 'A', colour: '#0072b2', dashed: false, series: mean },
    { name: 'fast', letter: 'B', colour: '#e69f00', dashed: true, series: single },
  ]
  const chart = { lines, metric: metric('val_acc'), axis: 'epoch', scale: 'linear', zoom: null } as const

  it('draws each line in its hue, and a band only where there are several runs', () => {
    const series = [compareOption(chart, theme).series ?? []].flat()
    expect(series.map(({ type }) => type)).toEqual(['custom', 'line', 'line'])
    expect(series[1]).toMatchObject({ name: 'A · shapes', color: '#0072b2', endLabel: { formatter: 'A' } })
    expect(series[2]).toMatchObject({ color: '#e69f00', lineStyle: { type: 'dashed' } })
  })

  it('tells time in a unit that suits it', () => {
    const axis = (xs: number[]) => {
      const line = { name: 'long', letter: 'C', colour: '#000000', dashed: false, series: { ...single, xs } }
      return compareAxis({ lines: [line], axis: 'time' })
    }
    expect(axis([60, 3600 * 4]).to).toBe(4)
    expect(axis([60, 600]).to).toBe(10)
    expect(axis([60, 90]).to).toBe(90)
    expect(compareAxis({ lines: [], axis: 'time' })).toEqual({ from: 0, to: 1 })
  })
})

describe('figures against settings', () => {
  it('are the best, the last and the sum of the epochs', () => {
    const accuracies = [0.5, 0.4]
    const measured = curves((epoch) => ({
      val_acc: accuracies[epoch - 1] ?? 0,
      val_loss: epoch,
      imagesPerSecond: 100 * epoch,
    }))
    const figures = new Map(compareFigures.map(({ key, of }) => [key, of(measured)]))
    expect(figures.get('best_acc')).toBe(0.5)
    expect(figures.get('last_acc')).toBe(0.4)
    expect(figures.get('best_loss')).toBe(1)
    expect(figures.get('seconds')).toBe(30)
    expect(figures.get('rate')).toBe(150)
    for (const { of } of compareFigures) expect(of(curvesOf([], []))).toBeNull()
  })

  it('are means in bars, from the smallest value on', () => {
    const bar = (category: number, figure: number) => ({
      name: '',
      colour: '',
      category,
      categoryWords: String(category),
      figure,
    })
    expect(
      barsOf([bar(0.1, 0.8), bar(0.01, 0.5), bar(0.1, 0.6)]).map(({ words, mean }) => [words, Number(mean.toFixed(6))]),
    ).toEqual([
      ['0.01', 0.5],
      ['0.1', 0.7],
    ])
  })

  it('have axes of words, of numbers, and of numbers over decades', () => {
    const scale = (values: (number | string | null)[], isMeasured = false) =>
      parallelScale({ values, isMeasured, format: (value) => `${value} px` })
    expect(scale(['SGD', 'AdamW', 'SGD', null])).toEqual({ type: 'category', data: ['SGD px', 'AdamW px'] })
    expect(scale([128, 64, 128])).toEqual({ type: 'category', data: ['64 px', '128 px'] })
    expect(scale([1, 2, 3, 4, 5, 6, 7, 8, 9])).toEqual({ type: 'value', min: 1, max: 9 })
    expect(scale([1, 4, null], true)).toEqual({ type: 'value', min: 1, max: 4 })
    expect(scale([2, 2], true)).toEqual({ type: 'value', min: 1, max: 3 })
    expect(scale([1e-4, 1e-2], true)).toEqual({ type: 'log' })
    expect(scale([1, 'off'])).toEqual({ type: 'category', data: ['1 px', 'off px'] })
    expect(scale([null], true)).toEqual({ type: 'category', data: [] })
  })

  it('leave a gap in a line where a run has no value', () => {
    const axes = [
      { name: 'Rate', values: [1e-4, 1e-2], format: String, isMeasured: true },
      { name: 'Accuracy', values: [null, 0.5], format: String, isMeasured: true },
    ]
    const runs = [
      { name: 'A', colour: '#000000' },
      { name: 'B', colour: '#ffffff' },
    ]
    const [series] = [parallelOption(axes, runs, chartTheme('dark')).series ?? []].flat()
    expect(series).toMatchObject({
      data: [{ value: [1e-4, '-'] }, { value: [1e-2, 0.5], lineStyle: { color: '#ffffff' } }],
    })
  })
})
