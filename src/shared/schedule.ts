import type { ScheduleConfig } from './config/runConfig'

/**
 * Learning rates by epoch. Each follows the recursion of the PyTorch scheduler that it is named
 * after, so that rounding accumulates the same way (torch.optim.lr_scheduler, 2.x).
 */

interface LinearWarmup {
  startFactor: number
  iterations: number
}

/** LinearLR with end factor 1: from the rate of epoch `epoch - 1` to that of `epoch` (from 1). */
function linearStep(rate: number, epoch: number, { startFactor, iterations }: LinearWarmup): number {
  if (epoch > iterations) return rate
  const rise = 1 - startFactor
  return rate * (1 + rise / (iterations * startFactor + (epoch - 1) * rise))
}

interface CosineDecay {
  baseRate: number
  minRate: number
  period: number
}

/** CosineAnnealingLR: from the rate of epoch `epoch - 1` to that of `epoch` (from 1). */
function cosineStep(rate: number, epoch: number, { baseRate, minRate, period }: CosineDecay): number {
  if ((epoch - 1 - period) % (2 * period) === 0) {
    return rate + ((baseRate - minRate) * (1 - Math.cos(Math.PI / period))) / 2
  }
  const now = 1 + Math.cos((Math.PI * epoch) / period)
  const before = 1 + Math.cos((Math.PI * (epoch - 1)) / period)
  return (now / before) * (rate - minRate) + minRate
}

/** Both schedulers act on the same rate every epoch, as ChainedScheduler has them do. */
function chainedWarmupCosine(schedule: ScheduleConfig, baseRate: number, epochs: number): number[] {
  const warmup = { startFactor: schedule.warmupStartLr / baseRate, iterations: schedule.warmupEpochs }
  const decay = { baseRate, minRate: schedule.minLr, period: epochs }
  let rate = warmup.iterations > 0 ? baseRate * warmup.startFactor : baseRate
  const rates = [rate]
  for (let epoch = 1; epoch < epochs; epoch++) {
    if (warmup.iterations > 0) rate = linearStep(rate, epoch, warmup)
    rate = cosineStep(rate, epoch, decay)
    rates.push(rate)
  }
  return rates
}

/** First the warm-up, then the cosine over the epochs that remain. */
function warmupCosine(schedule: ScheduleConfig, baseRate: number, epochs: number): number[] {
  const { warmupEpochs, warmupStartLr, minLr } = schedule
  const rest = epochs - warmupEpochs
  return Array.from({ length: epochs }, (_, epoch) => {
    if (epoch < warmupEpochs) return warmupStartLr + ((baseRate - warmupStartLr) * epoch) / warmupEpochs
    return minLr + ((baseRate - minLr) * (1 + Math.cos((Math.PI * (epoch - warmupEpochs)) / rest))) / 2
  })
}

/** The learning rate used in each epoch; index 0 is the first epoch. */
export function learningRates(schedule: ScheduleConfig, baseRate: number, epochs: number): number[] {
  switch (schedule.name) {
    case 'chained-warmup-cosine':
      return chainedWarmupCosine(schedule, baseRate, epochs)
    case 'warmup-cosine':
      return warmupCosine(schedule, baseRate, epochs)
    case 'constant':
      return new Array<number>(epochs).fill(baseRate)
  }
}
