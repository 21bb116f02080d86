import { expect, it } from 'vitest'
import { z } from 'zod'
import { trainSchema } from '@shared/config/trainConfig'
import { learningRatePlan, learningRates } from '@shared/schedule'
import { goldenJson } from './fixture'

/** PyTorch's schedulers; see `scripts/golden/schedules.py`. */
const cases = z
  .array(
    z.strictObject({
      epochs: z.int(),
      lr: z.number(),
      stepsPerEpoch: z.int(),
      schedule: trainSchema.shape.schedule,
      rates: z.array(z.number()),
    }),
  )
  .parse(await goldenJson('schedules/schedules.json'))

it.each(cases)(
  '$schedule.name over $epochs epochs by $schedule.interval, $schedule.warmupEpochs of warm-up, equals PyTorch',
  ({ epochs, lr, stepsPerEpoch, schedule, rates }) => {
    const plan = learningRatePlan(schedule, lr, epochs, stepsPerEpoch)
    expect(plan.unit).toBe(stepsPerEpoch === 1 ? 'epoch' : 'step')
    expect(plan.rates).toHaveLength(rates.length)
    for (const [tick, rate] of rates.entries()) {
      const found = plan.rateAt(1 + Math.floor(tick / stepsPerEpoch), tick % stepsPerEpoch)
      expect(found).toBe(plan.rates[tick])
      expect(Math.abs(found - rate), `tick ${tick}`).toBeLessThanOrEqual(1e-12 * rate)
    }
  },
)

it('a schedule by epochs has one rate for all steps of an epoch', () => {
  const { schedule } = trainSchema.parse({})
  const rates = learningRates(schedule, 1e-4, 12)
  const plan = learningRatePlan(schedule, 1e-4, 12, 30)
  expect(rates).toEqual([...plan.rates])
  for (const step of [0, 17, 29]) expect(plan.rateAt(7, step)).toBe(rates[6])
  expect(() => plan.rateAt(13, 0)).toThrow(RangeError)
})
