import { describe, expect, it } from 'vitest'
import type { RunSummary } from '@shared/contract/records'
import { trainingMemoryBytes } from '@shared/model/memory'
import { learningRates } from '@shared/schedule'
import { expectedTime, memoryFit, trainPlan } from '../../../src/renderer/stores/trainPlan'
import { epochMetrics, runConfig, runRecord } from '../../support/records'

const facts = { imageSize: 64, numClasses: 2, trainCount: 1000, valCount: 250 }
const train = { epochs: 10, batchSize: 100 }

describe('trainPlan', () => {
  it('counts steps of the optimizer: accumulated batches make one', () => {
    expect(trainPlan(runConfig({ train }), facts)).toMatchObject({ stepsPerEpoch: 10, steps: 100 })
    const accumulated = runConfig({ train: { ...train, gradAccumulation: 3 } })
    expect(trainPlan(accumulated, facts)).toMatchObject({ stepsPerEpoch: 4, steps: 40 })
    expect(trainPlan(runConfig({ train: { ...train, maxSteps: 7 } }), facts).steps).toBe(7)
    expect(trainPlan(runConfig({ train }), null)).toMatchObject({ stepsPerEpoch: null, steps: null })
  })

  it('draws the rates that the training uses', () => {
    const config = runConfig({ train })
    const plan = trainPlan(config, facts)
    expect(Array.from(plan.schedule?.rates ?? [])).toEqual(
      learningRates(config.train.schedule, config.train.optimizer.lr, 10),
    )
    const byStep = trainPlan(runConfig({ train: { ...train, schedule: { interval: 'step' } } }), facts)
    expect(byStep.schedule).toMatchObject({ perEpoch: 10 })
    expect(byStep.schedule?.rates).toHaveLength(100)
    expect(trainPlan(runConfig({ train: { ...train, epochs: 1e9 } }), facts).schedule).toBeNull()
  })

  it('offers a batch that fits, with the accumulation that comes to the same', () => {
    const config = runConfig({ train })
    const plan = trainPlan(config, facts)
    expect(memoryFit(plan, 100, plan.memoryBytes * 2)).toEqual({ fits: true })
    const usable = (plan.memoryBytes + trainingMemoryBytes(plan.sizes, 10)) / 2
    const tight = memoryFit(plan, 100, usable / 0.8)
    if (tight.fits || tight.offer === null) throw new Error('a smaller batch must fit')
    expect(tight.offer.batchSize * tight.offer.parts).toBeGreaterThanOrEqual(100)
    expect(trainingMemoryBytes(plan.sizes, tight.offer.batchSize)).toBeLessThanOrEqual(usable)
    expect(memoryFit(plan, 100, 1000)).toEqual({ fits: false, offer: null })
  })
})

describe('expectedTime', () => {
  const config = runConfig({ train })
  const plan = trainPlan(config, facts)
  function run(changes: Parameters<typeof runRecord>[0], lastEpoch: RunSummary['lastEpoch']): RunSummary {
    const record = runRecord({ config, sizes: plan.sizes, ...changes })
    return { record, folder: '', lastEpoch, checkpoints: [] }
  }

  it('goes by an earlier run of the same work', () => {
    // Eight images an epoch in four seconds: half a second for each of 1250 images, ten times.
    const earlier = run({}, { ...epochMetrics(3), seconds: 4 })
    expect(expectedTime(config, plan, facts, [earlier])).toEqual({ seconds: 6250, like: earlier })
  })

  it('knows nothing without one', () => {
    const other = run({ sizes: { ...plan.sizes, depth: 3 } }, epochMetrics(3))
    const resumed = run({ resumedAt: '2026-01-01T00:00:00Z' }, epochMetrics(3))
    const bf16 = run({ config: runConfig({ train: { ...train, precision: 'bf16' } }) }, epochMetrics(3))
    expect(expectedTime(config, plan, facts, [other, resumed, bf16, run({}, null)])).toBeNull()
  })
})
