import type { ScheduleConfig } from './config/trainConfig'

/**
 * Learning rates by epoch or by step: the schedules count ticks, and a tick is either. The values are
 * those of the PyTorch schedulers that are named below (torch.optim.lr_scheduler, 2.x).
 */

/** A schedule's lengths in ticks. */
interface Ticks {
  total: number
  warmup: number
  /** Of `step`: ticks between two drops. */
  drop: number
}

interface LinearWarmup {
  startFactor: number
  iterations: number
}

/** LinearLR with end factor 1: from the rate of tick `tick - 1` to that of `tick`; ticks count from 0. */
function linearStep(rate: number, tick: number, { startFactor, iterations }: LinearWarmup): number {
  if (tick > iterations) return rate
  const rise = 1 - startFactor
  return rate * (1 + rise / (iterations * startFactor + (tick - 1) * rise))
}

interface CosineDecay {
  baseRate: number
  minRate: number
  period: number
}

/** CosineAnnealingLR: from the rate of tick `tick - 1` to that of `tick`. */
function cosineStep(rate: number, tick: number, { baseRate, minRate, period }: CosineDecay): number {
  if ((tick - 1 - period) % (2 * period) === 0) {
    return rate + ((baseRate - minRate) * (1 - Math.cos(Math.PI / period))) / 2
  }
  const now = 1 + Math.cos((Math.PI * tick) / period)
  const before = 1 + Math.cos((Math.PI * (tick - 1)) / period)
  return (now / before) * (rate - minRate) + minRate
}

/** Both schedulers act on the same rate at every tick and in PyTorch's order, so rounding accumulates as theirs (ChainedScheduler). */
function chainedWarmupCosine(schedule: ScheduleConfig, baseRate: number, ticks: Ticks): Float64Array {
  const warmup = { startFactor: schedule.warmupStartLr / baseRate, iterations: ticks.warmup }
  const decay = { baseRate, minRate: schedule.minLr, period: ticks.total }
  let rate = warmup.iterations > 0 ? baseRate * warmup.startFactor : baseRate
  const rates = new Float64Array(ticks.total).fill(rate, 0, 1)
  for (let tick = 1; tick < ticks.total; tick++) {
    if (warmup.iterations > 0) rate = linearStep(rate, tick, warmup)
    rate = cosineStep(rate, tick, decay)
    rates[tick] = rate
  }
  return rates
}

/** First a linear warm-up, then `after`, which counts its ticks from the warm-up's end (SequentialLR). */
function afterWarmup(
  { warmupStartLr }: ScheduleConfig,
  baseRate: number,
  { total, warmup }: Ticks,
  after: (tick: number, rest: number) => number,
): Float64Array {
  return Float64Array.from({ length: total }, (_, tick) =>
    tick < warmup ? warmupStartLr + ((baseRate - warmupStartLr) * tick) / warmup : after(tick - warmup, total - warmup),
  )
}

function ratesByTick(schedule: ScheduleConfig, baseRate: number, ticks: Ticks): Float64Array {
  const { minLr, gamma } = schedule
  const fall = baseRate - minLr
  switch (schedule.name) {
    case 'chained-warmup-cosine':
      return chainedWarmupCosine(schedule, baseRate, ticks)
    case 'warmup-cosine':
      return afterWarmup(schedule, baseRate, ticks, (tick, rest) => {
        return minLr + (fall * (1 + Math.cos((Math.PI * tick) / rest))) / 2
      })
    case 'linear':
      return afterWarmup(schedule, baseRate, ticks, (tick, rest) => baseRate - (fall * tick) / rest)
    case 'step':
      return afterWarmup(schedule, baseRate, ticks, (tick) => baseRate * gamma ** Math.floor(tick / ticks.drop))
    case 'constant':
      return new Float64Array(ticks.total).fill(baseRate)
  }
}

/** The learning rates of a whole run. */
export interface LearningRatePlan {
  /** What `rates` counts. */
  unit: ScheduleConfig['interval']
  rates: Float64Array
  /**
   * @param epoch from 1
   * @param step of the optimizer within the epoch, from 0
   * @throws RangeError beyond the run's end
   */
  rateAt(epoch: number, step: number): number
}

/** @param stepsPerEpoch steps of the optimizer, which are fewer than batches where gradients are accumulated */
export function learningRatePlan(
  schedule: ScheduleConfig,
  baseRate: number,
  epochs: number,
  stepsPerEpoch: number,
): LearningRatePlan {
  const unit = schedule.interval
  const perEpoch = unit === 'step' ? stepsPerEpoch : 1
  const rates = ratesByTick(schedule, baseRate, {
    total: epochs * perEpoch,
    warmup: schedule.warmupEpochs * perEpoch,
    drop: schedule.stepEpochs * perEpoch,
  })
  return {
    unit,
    rates,
    rateAt: (epoch, step) => {
      const rate = rates[unit === 'step' ? (epoch - 1) * stepsPerEpoch + step : epoch - 1]
      if (rate === undefined) throw new RangeError(`the schedule ends before epoch ${epoch}, step ${step}`)
      return rate
    },
  }
}

/** The learning rate of each epoch of a schedule by epochs; index 0 is the first epoch. */
export function learningRates(schedule: ScheduleConfig, baseRate: number, epochs: number): number[] {
  return Array.from(learningRatePlan({ ...schedule, interval: 'epoch' }, baseRate, epochs, 1).rates)
}
