import type { RunCurves } from '../stores/runCurves'

/** What of a run's settings its clock needs. */
export interface ClockSettings {
  stepsPerEpoch: number
  /** Of one step of the optimizer, accumulated batches included. */
  imagesPerStep: number
}

interface EpochEnd {
  epoch: number
  step: number
  seconds: number
}

/** The last step of each finished epoch, and the seconds of training until then. */
function epochEnds({ epochs, steps }: RunCurves, { stepsPerEpoch }: ClockSettings): EpochEnd[] {
  const lastSteps = new Map<number, number>()
  for (const [index, epoch] of steps.epoch.entries()) lastSteps.set(epoch, steps.step[index] ?? 0)
  let seconds = 0
  return epochs.map((metrics) => {
    seconds += metrics.seconds
    return { epoch: metrics.epoch, step: lastSteps.get(metrics.epoch) ?? metrics.epoch * stepsPerEpoch, seconds }
  })
}

/** A mean rate leaves single slow steps, such as the first, their weight. */
function secondsPerStep({ steps }: RunCurves, { imagesPerStep }: ClockSettings): number {
  const rates = steps.imagesPerSecond.filter((rate) => rate > 0)
  if (rates.length === 0) return 0
  return rates.reduce((sum, rate) => sum + imagesPerStep / rate, 0) / rates.length
}

export interface RunClock {
  /** Last step of a finished epoch. */
  stepOfEpoch: (epoch: number) => number
  /** Seconds of training until a step has been made. */
  secondsAt: (step: number) => number
}

/**
 * When each step of a run was made. Metrics tell the seconds of whole epochs, validation included; within
 * an epoch steps are taken to be equally long, and in one that is not finished as long as in the one before.
 */
export function runClock(curves: RunCurves, settings: ClockSettings): RunClock {
  const ends = epochEnds(curves, settings)
  const stepOf = new Map(ends.map(({ epoch, step }) => [epoch, step]))
  const last = ends.at(-1)
  const beforeLast = ends.at(-2) ?? { step: 0, seconds: 0 }
  const lastPace =
    last === undefined || last.step <= beforeLast.step
      ? secondsPerStep(curves, settings)
      : (last.seconds - beforeLast.seconds) / (last.step - beforeLast.step)

  function secondsAt(step: number): number {
    let low = 0
    let high = ends.length
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      if ((ends[middle]?.step ?? Infinity) < step) low = middle + 1
      else high = middle
    }
    const from = ends[low - 1] ?? { step: 0, seconds: 0 }
    const to = ends[low]
    if (to === undefined) return from.seconds + (step - from.step) * lastPace
    return from.seconds + ((step - from.step) / Math.max(1, to.step - from.step)) * (to.seconds - from.seconds)
  }

  return { stepOfEpoch: (epoch) => stepOf.get(epoch) ?? epoch * settings.stepsPerEpoch, secondsAt }
}
