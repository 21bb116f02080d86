import { setTimeout as sleep } from 'node:timers/promises'
import type { EngineEvent } from '@shared/contract/engineMessages'
import type { EngineInput, EngineOutput, InspectRoute } from '@shared/contract/engineRoutes'
import { failureOf, type Result } from '@shared/errors'
import type { EngineProcess } from './engineProcess'
import type { EngineExit } from './engineExit'
import { logWarning } from './log'

export interface InspectorOptions {
  start(): Promise<EngineProcess>
  /** The engine ended by itself and runs again. */
  onRestart(message: string): void
  /** A process has gone; what it left behind can be removed. */
  onExit?(pid: number): void
  timing?: Partial<InspectorTiming>
}

/** How a long question is followed and called off. */
export interface QuestionFollowing {
  onEvent?: (event: EngineEvent) => void
  cancelled?: AbortSignal
}

interface InspectorTiming {
  /** Wait before the first restart; doubles with each crash in a row. */
  firstBackoffMs: number
  longestBackoffMs: number
  /** A process that lived this long starts a new row of crashes. */
  stableAfterMs: number
  pingEveryMs: number
  /** Loading TensorFlow blocks the engine for seconds: only a much longer silence is a fault. */
  pingTimeoutMs: number
  /** The same for an engine that works on a question. */
  busyTimeoutMs: number
  /** Time that a question may go on after it was called off. */
  cancelDeadlineMs: number
}

const defaultTiming: InspectorTiming = {
  firstBackoffMs: 500,
  longestBackoffMs: 30_000,
  stableAfterMs: 60_000,
  pingEveryMs: 30_000,
  pingTimeoutMs: 30_000,
  busyTimeoutMs: 300_000,
  cancelDeadlineMs: 10_000,
}

/** After so many crashes in a row the next start waits until somebody asks for something. */
const restartsInARow = 5

/**
 * Keeps one inspection engine: started when it is first needed, checked while it is idle, started
 * again when it has ended by itself. The process is restarted, not the work: whoever waited for an
 * answer gets a failure and may ask again.
 */
export class Inspector {
  private readonly timing: InspectorTiming
  private current: Promise<EngineProcess> | null = null
  private engine: EngineProcess | null = null
  private crashes = 0
  private stopped = false
  private pingTimer: NodeJS.Timeout | null = null

  constructor(private readonly options: InspectorOptions) {
    this.timing = { ...defaultTiming, ...options.timing }
  }

  get pid(): number | null {
    return this.engine?.pid ?? null
  }

  /** Never rejects. */
  async request<R extends InspectRoute>(
    route: R,
    input: EngineInput<R>,
    follow: QuestionFollowing = {},
  ): Promise<Result<EngineOutput<R>>> {
    try {
      const engine = await this.running()
      const { id, result } = engine.request(route, input, follow.onEvent)
      const cancel = (): void => this.callOff(engine, id, result)
      follow.cancelled?.addEventListener('abort', cancel)
      if (follow.cancelled?.aborted === true) cancel()
      return await result
    } catch (error) {
      return { ok: false, error: failureOf(error) }
    }
  }

  /** Starts the process before anybody waits for it. */
  prewarm(): void {
    this.running().catch((error: unknown) => logWarning('inspector', failureOf(error).message))
  }

  async stop(deadlineMs: number): Promise<void> {
    this.stopped = true
    this.clearPing()
    await this.engine?.shutdown(deadlineMs)
  }

  private running(): Promise<EngineProcess> {
    if (this.current === null) {
      const start = this.start()
      this.current = start
      start.catch(() => {
        if (this.current === start) this.current = null
      })
    }
    return this.current
  }

  private async start(): Promise<EngineProcess> {
    const { firstBackoffMs, longestBackoffMs } = this.timing
    if (this.crashes > 0) await sleep(Math.min(longestBackoffMs, firstBackoffMs * 2 ** (this.crashes - 1)))
    const engine = await this.options.start()
    const startedAt = performance.now()
    this.engine = engine
    void engine.exited.then((exit) => this.ended(engine, exit, performance.now() - startedAt))
    if (this.stopped) engine.kill()
    this.schedulePing(engine)
    return engine
  }

  private ended(engine: EngineProcess, exit: EngineExit, livedMs: number): void {
    this.clearPing()
    this.engine = null
    this.current = null
    if (engine.pid !== null) this.options.onExit?.(engine.pid)
    if (this.stopped) return
    this.crashes = livedMs > this.timing.stableAfterMs ? 1 : this.crashes + 1
    logWarning('inspector', `ended with ${exit.signal ?? `exit code ${exit.code}`}: ${exit.errorOutput.slice(-500)}`)
    if (this.crashes > restartsInARow) return
    this.running().then(
      () => this.options.onRestart('The inspection engine stopped and was started again.'),
      (error: unknown) => logWarning('inspector', failureOf(error).message),
    )
  }

  /** An engine that does not listen is replaced: whoever calls a question off wants to ask another. */
  private callOff(engine: EngineProcess, id: number, result: Promise<unknown>): void {
    engine.signal(id, 'cancel')
    const deadline = setTimeout(() => {
      logWarning('inspector', `process ${engine.pid} does not call a question off, will be killed`)
      engine.kill()
    }, this.timing.cancelDeadlineMs)
    void result.then(() => clearTimeout(deadline))
  }

  private schedulePing(engine: EngineProcess): void {
    this.pingTimer = setTimeout(() => void this.check(engine), this.timing.pingEveryMs)
  }

  private async check(engine: EngineProcess): Promise<void> {
    const { pingTimeoutMs, busyTimeoutMs } = this.timing
    // A long computation keeps its thread busy; an idle engine must answer soon.
    const healthy = await engine.ping(engine.busy ? busyTimeoutMs : pingTimeoutMs)
    if (this.engine !== engine) return
    if (healthy) {
      this.schedulePing(engine)
      return
    }
    logWarning('inspector', `process ${engine.pid} does not answer, will be killed`)
    engine.kill()
  }

  private clearPing(): void {
    if (this.pingTimer !== null) clearTimeout(this.pingTimer)
    this.pingTimer = null
  }
}
