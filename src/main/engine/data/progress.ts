import { VitrineError } from '@shared/errors'
import type { JobContext } from '@engine/job'

const intervalMs = 100

/** Reports how far a count has come, at most ten times a second, with the time that is left. */
export class ProgressReporter {
  private readonly startedAt = performance.now()
  private reportedAt = -Infinity
  private done = 0

  constructor(
    private readonly context: JobContext,
    /** What is being done, in words. */
    private readonly stage: string,
    private readonly total: number,
  ) {
    this.report()
  }

  advance(count = 1): void {
    this.done += count
    const due = performance.now() - this.reportedAt >= intervalMs
    if (due || this.done >= this.total) this.report()
  }

  private report(): void {
    this.reportedAt = performance.now()
    const seconds = (this.reportedAt - this.startedAt) / 1000
    const secondsLeft = this.done === 0 ? null : (seconds / this.done) * (this.total - this.done)
    const { stage, done, total } = this
    this.context.emit({ type: 'progress', progress: { stage, done, total, secondsLeft } })
  }
}

const nothingKept = 'Preparing the dataset was cancelled: nothing was kept.'

/**
 * Stopping is the same as cancelling: half a dataset is of no use.
 *
 * @param sentence what became of the work
 * @throws VitrineError `cancelled` once the job should end.
 */
export function throwIfEnded(context: JobContext, sentence = nothingKept): void {
  if (context.cancelled.aborted || context.stopRequested()) throw new VitrineError('cancelled', sentence)
}
