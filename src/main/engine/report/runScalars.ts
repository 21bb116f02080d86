import {
  weightGroups,
  type EpochMetrics,
  type MetricLine,
  type RunRecord,
  type StepMetrics,
} from '@shared/contract/records'

/** Numbers of one moment of a training. */
export interface ScalarEvent {
  /** Seconds since 1970. */
  wallTime: number
  /** Optimizer steps that had been made. */
  step: number
  values: readonly (readonly [tag: string, value: number])[]
}

/**
 * The run's curves in the order of time, epochs at their last step. Lines of `metrics.jsonl` have no
 * clock: it goes from the beginning of the run, or where it was resumed, on with each epoch's seconds.
 */
export function runScalars(record: RunRecord, lines: readonly MetricLine[]): ScalarEvent[] {
  const events: ScalarEvent[] = []
  let clock = Date.parse(record.createdAt) / 1000
  let waiting: StepMetrics[] = []
  const passSteps = (seconds: number) => {
    waiting.forEach((step, index) => {
      events.push(stepEvent(step, clock + (seconds * (index + 1)) / waiting.length))
    })
    clock += seconds
    waiting = []
  }
  // An epoch that wasn't finished has no seconds of its own: the steps tell their speed.
  const secondsOfSteps = () =>
    waiting.reduce(
      (sum, { imagesPerSecond }) => sum + record.config.train.batchSize / Math.max(1e-9, imagesPerSecond),
      0,
    )
  for (const line of lines) {
    switch (line.type) {
      case 'step':
        waiting.push(line)
        break
      case 'epoch': {
        const last = waiting.at(-1)?.step ?? line.epoch * record.stepsPerEpoch
        passSteps(line.seconds)
        events.push(epochEvent(line, last, clock))
        break
      }
      case 'resume':
        passSteps(secondsOfSteps())
        clock = Math.max(clock, Date.parse(line.at) / 1000)
        break
    }
  }
  passSteps(secondsOfSteps())
  return events
}

function stepEvent({ step, loss, lr, gradNorm, imagesPerSecond }: StepMetrics, wallTime: number): ScalarEvent {
  return {
    wallTime,
    step,
    values: [
      ['loss/step', loss],
      ['optimizer/learning_rate', lr],
      ['optimizer/gradient_norm', gradNorm],
      ['speed/images_per_second', imagesPerSecond],
    ],
  }
}

function epochEvent(epoch: EpochMetrics, step: number, wallTime: number): ScalarEvent {
  const all: [tag: string, value: number | null | undefined][] = [
    ['epoch', epoch.epoch],
    ['loss/train', epoch.train_loss],
    ['loss/validation', epoch.val_loss],
    ['loss/validation_average_weights', epoch.ema_val_loss],
    ['accuracy/train', epoch.train_acc],
    ['accuracy/validation', epoch.val_acc],
    ['accuracy/validation_average_weights', epoch.ema_val_acc],
    ['accuracy/validation_top5', epoch.val_top5],
    ['accuracy/validation_balanced', epoch.val_balanced_acc],
    ['optimizer/epoch_learning_rate', epoch.lr],
    ['optimizer/epoch_gradient_norm', epoch.gradNorm],
    ['weights/norm', epoch.weightNorm],
    ...weightGroups.map((group): [string, number | undefined] => [
      `weights/update_ratio_${group}`,
      epoch.updateRatio?.[group],
    ]),
    ['speed/epoch_seconds', epoch.seconds],
    ['speed/epoch_images_per_second', epoch.imagesPerSecond],
    ['memory/bytes', epoch.memoryBytes],
  ]
  const values = all.flatMap(([tag, value]): [string, number][] =>
    value === null || value === undefined ? [] : [[tag, value]],
  )
  return { wallTime, step, values }
}
