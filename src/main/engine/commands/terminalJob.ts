import type { EngineEvent, Progress } from '@shared/contract/engineMessages'
import type { MetricLine } from '@shared/contract/records'
import type { JobContext } from '@engine/job'
import type { Terminal } from './terminal'

/** Exit code of a program that Ctrl+C ended. */
const interrupted = 130

const barCells = 24

/**
 * Runs a job for a person at a terminal: progress is drawn on standard error when somebody watches.
 * The first Ctrl+C asks the job to stop and keep what there is; the second ends the process.
 */
export async function runJob<T>(
  terminal: Terminal,
  job: (context: JobContext) => Promise<T>,
  onMetrics: (lines: readonly MetricLine[]) => void = () => undefined,
): Promise<T> {
  let stopping = false
  const eraseBar = () => {
    if (terminal.watched) terminal.note('\r\x1b[K')
  }
  const removeListener = terminal.onInterrupt(() => {
    if (stopping) process.exit(interrupted)
    stopping = true
    eraseBar()
    if (terminal.watched) terminal.note('Stopping after this step; Ctrl+C again ends it at once.\n')
  })
  const emit = (event: EngineEvent) => {
    if (event.type === 'progress') {
      if (terminal.watched) terminal.note(`\r\x1b[K${progressLine(event.progress)}`)
      return
    }
    eraseBar()
    if (event.type === 'metrics') onMetrics(event.lines)
    else if (event.level === 'warning') terminal.note(`warning: ${event.message}\n`)
    else if (terminal.watched) terminal.note(`${event.message}\n`)
  }
  try {
    return await job({ emit, cancelled: new AbortController().signal, stopRequested: () => stopping })
  } finally {
    removeListener()
    eraseBar()
  }
}

/** "Preparing images ▮▮▮▯▯▯ 120/400 0:12 left" */
export function progressLine({ stage, done, total, secondsLeft }: Progress): string {
  if (total === null || total === 0) return `${stage} ${done}`
  const filled = Math.round(barCells * Math.min(1, done / total))
  const bar = '▮'.repeat(filled) + '▯'.repeat(barCells - filled)
  return `${stage} ${bar} ${done}/${total}${secondsLeft === null ? '' : ` ${clock(secondsLeft)} left`}`
}

function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`
}
