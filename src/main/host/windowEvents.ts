import type { WindowEvent } from '@shared/contract/windowRoutes'

const batchIntervalMs = 100

function replaces(earlier: WindowEvent, later: WindowEvent): boolean {
  if (later.type === 'job' && earlier.type === 'job') return earlier.job.id === later.job.id
  if (later.type === 'inspect-progress' && earlier.type === 'inspect-progress') return earlier.request === later.request
  if (later.type === 'runs-changed' || later.type === 'datasets-changed' || later.type === 'queue') {
    return earlier.type === later.type
  }
  return false
}

/**
 * The waiting events with one more: a job's or the queue's newer state takes the place of the older,
 * metric lines of one run are joined, and a change that is already announced isn't announced twice.
 */
export function mergeEvent(waiting: readonly WindowEvent[], event: WindowEvent): WindowEvent[] {
  if (event.type === 'metrics') {
    const index = waiting.findIndex((earlier) => earlier.type === 'metrics' && earlier.runId === event.runId)
    const earlier = waiting[index]
    if (earlier?.type === 'metrics') {
      return waiting.with(index, { ...event, lines: [...earlier.lines, ...event.lines] })
    }
  }
  return [...waiting.filter((earlier) => !replaces(earlier, event)), event]
}

/** Passes events on to the window, at most ten times a second. */
export class WindowEvents {
  private waiting: WindowEvent[] = []
  private timer: NodeJS.Timeout | null = null

  constructor(private readonly deliver: (events: WindowEvent[]) => void) {}

  send(event: WindowEvent): void {
    this.waiting = mergeEvent(this.waiting, event)
    this.timer ??= setTimeout(() => {
      this.timer = null
      const events = this.waiting
      this.waiting = []
      this.deliver(events)
    }, batchIntervalMs)
  }

  close(): void {
    if (this.timer !== null) clearTimeout(this.timer)
    this.waiting = []
  }
}
