import type { EngineEvent, Progress } from '@shared/contract/engineMessages'
import type { MetricLine } from '@shared/contract/records'

/** Ten times a second is more than an eye follows and little enough to leave main idle. */
export const batchIntervalMs = 100

type LogEvent = Extract<EngineEvent, { type: 'log' }>

/**
 * Collects one request's events and passes them on at most once per `batchIntervalMs`: metric lines
 * together, of several progress reports only the last. The first event of a quiet time leaves at
 * once, so a slow job's reports are never late.
 */
export class EventBatch {
  private logs: LogEvent[] = []
  private lines: MetricLine[] = []
  private progress: Progress | null = null
  private timer: NodeJS.Timeout | null = null
  private lastFlush = Number.NEGATIVE_INFINITY

  constructor(private readonly deliver: (event: EngineEvent) => void) {}

  add(event: EngineEvent): void {
    switch (event.type) {
      case 'log':
        this.logs.push(event)
        break
      case 'metrics':
        this.lines.push(...event.lines)
        break
      case 'progress':
        this.progress = event.progress
        break
    }
    const wait = this.lastFlush + batchIntervalMs - performance.now()
    if (wait <= 0) this.flush()
    else this.timer ??= setTimeout(() => this.flush(), wait)
  }

  /** Passes on what is waiting, now. */
  flush(): void {
    if (this.timer !== null) clearTimeout(this.timer)
    this.timer = null
    this.lastFlush = performance.now()
    const { logs, lines, progress } = this
    this.logs = []
    this.lines = []
    this.progress = null
    for (const log of logs) this.deliver(log)
    if (lines.length > 0) this.deliver({ type: 'metrics', lines })
    if (progress !== null) this.deliver({ type: 'progress', progress })
  }
}
