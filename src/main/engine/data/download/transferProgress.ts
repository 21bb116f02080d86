import type { JobContext } from '@engine/job'

const intervalMs = 100
const megabyte = 1e6
/** The time that is left follows the pace of the last seconds. */
const paceWindowMs = 10_000

/** Tells how many megabytes have arrived, at most ten times a second, and how long the rest takes. */
export class TransferProgress {
  private readonly samples: { at: number; bytes: number }[] = []
  private reportedAt = -Infinity

  constructor(
    private readonly context: JobContext,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** After a break the pace is measured anew. */
  restart(): void {
    this.samples.length = 0
    this.reportedAt = -Infinity
  }

  /** @param doneBytes all that is there, with what was there before */
  report(doneBytes: number, totalBytes: number | null): void {
    const now = this.now()
    const isLast = doneBytes === totalBytes
    if (now - this.reportedAt < intervalMs && !isLast) return
    this.reportedAt = now
    this.samples.push({ at: now, bytes: doneBytes })
    while (this.samples.length > 2 && now - (this.samples[0]?.at ?? now) > paceWindowMs) this.samples.shift()
    this.emit('Downloading megabytes', doneBytes, totalBytes, this.secondsLeft(doneBytes, totalBytes))
  }

  /** While nothing can arrive. */
  wait(sentence: string, doneBytes: number, totalBytes: number | null): void {
    this.emit(sentence, doneBytes, totalBytes, null)
  }

  private secondsLeft(doneBytes: number, totalBytes: number | null): number | null {
    const first = this.samples[0]
    const last = this.samples.at(-1)
    if (totalBytes === null || first === undefined || last === undefined || last.bytes === first.bytes) return null
    return ((last.at - first.at) / 1000 / (last.bytes - first.bytes)) * (totalBytes - doneBytes)
  }

  private emit(stage: string, doneBytes: number, totalBytes: number | null, secondsLeft: number | null): void {
    const done = doneBytes / megabyte
    const total = totalBytes === null ? null : totalBytes / megabyte
    this.context.emit({ type: 'progress', progress: { stage, done, total, secondsLeft } })
  }
}
