import { expect, it } from 'vitest'
import { SaveClock } from '@engine/train/saveClock'

it('is due after the wished time since the last save', () => {
  const clock = new SaveClock(60, 1_000)
  expect([clock.isDue(60_999), clock.isDue(61_000)]).toEqual([false, true])
  clock.saved(61_000, 61_500)
  expect([clock.isDue(121_499), clock.isDue(121_500)]).toEqual([false, true])
})

it('leaves nineteen parts of twenty to the training where a save takes long', () => {
  const clock = new SaveClock(60, 0)
  clock.saved(0, 10_000)
  expect([clock.isDue(209_999), clock.isDue(210_000)]).toEqual([false, true])
})

it('is always due where every step is to be saved', () => {
  const clock = new SaveClock(0, 0)
  clock.saved(0, 10_000)
  expect(clock.isDue(10_000)).toBe(true)
})
