import { expect, it } from 'vitest'
import { classAccuracies, classAccuracyOption } from '../../../src/renderer/charts/classAccuracyChart'
import { chartTheme } from '../../../src/renderer/theme'
import { epochMetrics } from '../../support/records'

const withAccuracies = (epoch: number, values: (number | null)[]) => ({ ...epochMetrics(epoch), val_class_acc: values })

it('keeps a few classes in their order', () => {
  const shown = classAccuracies([withAccuracies(1, [0.5, 0.1, null]), withAccuracies(2, [0.6, 0.2, null])])
  expect(shown).toEqual({
    classes: [0, 1, 2],
    epochs: [1, 2],
    values: [
      [0.5, 0.6],
      [0.1, 0.2],
      [null, null],
    ],
    left: 0,
  })
})

it('shows the least accurate of many classes', () => {
  const last = Array.from({ length: 100 }, (_, index) => ((index * 37) % 100) / 100)
  const shown = classAccuracies([withAccuracies(1, last)])
  expect(shown?.left).toBe(76)
  expect(shown?.values.map(([value]) => value)).toEqual(Array.from({ length: 24 }, (_, index) => index / 100))
})

it('thins many epochs and keeps the last', () => {
  const shown = classAccuracies(Array.from({ length: 1000 }, (_, index) => withAccuracies(index + 1, [index / 1000])))
  expect(shown?.epochs.length).toBeLessThanOrEqual(240)
  expect(shown?.epochs.at(-1)).toBe(1000)
})

it('is absent for a run without such figures', () => {
  expect(classAccuracies([epochMetrics(1)])).toBeNull()
})

it('draws a cell for each measured class and epoch, and none for a class without images', () => {
  const shown = classAccuracies([withAccuracies(1, [0.5, null]), withAccuracies(2, [0.25, null])])
  if (shown === null) throw new Error('no figures')
  const { series } = classAccuracyOption(shown, ['cat', 'dog'], chartTheme('light'))
  const [cells] = Array.isArray(series) ? series : [series]
  expect(cells?.data).toEqual([{ value: [0, 0, 0.5] }, { value: [1, 0, 0.25] }])
})
