import { expect, it } from 'vitest'
import { z } from 'zod'
import { learningRates } from '@shared/schedule'
import { goldenJson } from './fixture'

const cases = z
  .array(
    z.object({
      name: z.enum(['chained-warmup-cosine', 'warmup-cosine']),
      epochs: z.int(),
      warmupEpochs: z.int(),
      lr: z.number(),
      warmupStartLr: z.number(),
      minLr: z.number(),
      rates: z.array(z.number()),
    }),
  )
  .parse(await goldenJson('schedules/schedules.json'))

it.each(cases)('$name over $epochs epochs with $warmupEpochs of warm-up equals PyTorch', (golden) => {
  const { epochs, lr, rates, ...schedule } = golden
  const found = learningRates(schedule, lr, epochs)
  expect(found).toHaveLength(epochs)
  for (const [epoch, rate] of rates.entries()) {
    expect(Math.abs((found[epoch] ?? NaN) - rate), `epoch ${epoch + 1}`).toBeLessThanOrEqual(1e-12 * rate)
  }
})
