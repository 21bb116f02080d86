import type { EpochMetrics, MetricLine } from '@shared/contract/records'

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
}

export function emptyCurves(): RunCurves {
  return {
    steps: { step: [], epoch: [], loss: [], learningRate: [], gradientNorm: [], imagesPerSecond: [] },
    epochs: [],
  }
}

/** Appends in place; lines that are already there (by step or epoch number) are left out. */
export function appendLines(curves: RunCurves, lines: readonly MetricLine[]): void {
  const { steps, epochs } = curves
  for (const line of lines) {
    if (line.type === 'epoch') {
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

/** Lines that came while the file was being read, after those of the file. */
export function joinedCurves(fromFile: readonly MetricLine[], live: RunCurves): RunCurves {
  const joined = emptyCurves()
  appendLines(joined, fromFile)
  const lastStep = joined.steps.step.at(-1) ?? 0
  for (const [index, step] of live.steps.step.entries()) {
    if (step <= lastStep) continue
    joined.steps.step.push(step)
    joined.steps.epoch.push(live.steps.epoch[index] ?? 0)
    joined.steps.loss.push(live.steps.loss[index] ?? 0)
    joined.steps.learningRate.push(live.steps.learningRate[index] ?? 0)
    joined.steps.gradientNorm.push(live.steps.gradientNorm[index] ?? 0)
    joined.steps.imagesPerSecond.push(live.steps.imagesPerSecond[index] ?? 0)
  }
  appendLines(joined, live.epochs)
  return joined
}
