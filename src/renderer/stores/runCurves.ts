import type { EpochMetrics, MetricLine, ResumeMark } from '@shared/contract/records'

/** What a run has measured so far, column by column, so that thousands of steps append cheaply. */
export interface RunCurves {
  steps: {
    step: number[]
    epoch: number[]
    loss: number[]
    learningRate: number[]
    gradientNorm: number[]
    imagesPerSecond: number[]
  }
  epochs: EpochMetrics[]
  resumes: ResumeMark[]
}

export function emptyCurves(): RunCurves {
  return {
    steps: { step: [], epoch: [], loss: [], learningRate: [], gradientNorm: [], imagesPerSecond: [] },
    epochs: [],
    resumes: [],
  }
}

/** Appends in place; lines that are already there (by step, epoch or time of resuming) are left out. */
export function appendLines(curves: RunCurves, lines: readonly MetricLine[]): void {
  const { steps, epochs } = curves
  for (const line of lines) {
    if (line.type === 'resume') {
      takeBack(curves, line)
    } else if (line.type === 'epoch') {
      if (line.epoch > (epochs.at(-1)?.epoch ?? 0)) epochs.push(line)
    } else if (line.step > (steps.step.at(-1) ?? 0)) {
      steps.step.push(line.step)
      steps.epoch.push(line.epoch)
      steps.loss.push(line.loss)
      steps.learningRate.push(line.lr)
      steps.gradientNorm.push(line.gradNorm)
      steps.imagesPerSecond.push(line.imagesPerSecond)
    }
  }
}

/** What came after the last kept step is trained again, so it goes. */
function takeBack({ steps, epochs, resumes }: RunCurves, mark: ResumeMark): void {
  if (resumes.some(({ at }) => at === mark.at)) return
  resumes.push(mark)
  const firstLost = steps.step.findIndex((step) => step > mark.step)
  if (firstLost >= 0) for (const column of Object.values(steps)) column.length = firstLost
  const firstLostEpoch = epochs.findIndex(({ epoch }) => epoch >= mark.epoch)
  if (firstLostEpoch >= 0) epochs.length = firstLostEpoch
}

/** Lines of the file, then those that came while it was being read. */
export function curvesOf(fromFile: readonly MetricLine[], live: readonly MetricLine[]): RunCurves {
  const curves = emptyCurves()
  appendLines(curves, fromFile)
  appendLines(curves, live)
  return curves
}
