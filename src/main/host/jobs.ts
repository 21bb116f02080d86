import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { EngineInput, EngineOutput, JobRoute } from '@shared/contract/engineRoutes'
import type { MetricLine } from '@shared/contract/records'
import type { JobState } from '@shared/contract/windowRoutes'
import type { Signal } from '@shared/contract/engineMessages'
import { failureOf, VitrineError, type Result } from '@shared/errors'
import type { EngineProcess } from './engineProcess'
import { hasEnded, newJob, reduceJob, toJobState, type Job, type JobAction } from './jobState'

export interface JobsOptions {
  start(): Promise<EngineProcess>
  onChange(job: JobState): void
  onRemoved(jobId: string): void
  onMetrics(runId: string, lines: MetricLine[]): void
  cancelDeadlineMs?: number
  /** Time between two questions whether an engine listens. */
  listenEveryMs?: number
  /** An engine that does not answer within this time is called silent. */
  silentAfterMs?: number
}

export interface JobRequest<R extends JobRoute> {
  route: R
  input: EngineInput<R>
  /** What the window calls it. */
  title: string
  /** Of the run that is trained. */
  runId?: string
}

export interface StartedJob<R extends JobRoute> {
  id: string
  /** Resolves when the engine's process has gone; never rejects. */
  ended: Promise<JobEnd<R>>
}

export interface JobEnd<R extends JobRoute> {
  result: Result<EngineOutput<R>>
  /** The state the window was told last. */
  state: JobState
  /** Null when no process could be started. */
  pid: number | null
}

interface Entry {
  job: Job
  /** Passes a signal to the engine, once there is one. */
  signal(signal: Signal): void
  ended: Promise<unknown>
}

const defaultCancelDeadlineMs = 10_000
const defaultListenEveryMs = 10_000
const defaultSilentAfterMs = 30_000
/** For the process of a job that has answered. */
const exitDeadlineMs = 5_000

/**
 * The jobs of this session, each in an engine process of its own. One that does not answer is left
 * alone: building a graph or one step of a large model may keep an engine's thread busy for as long as
 * it needs. The window says so, and the user can cancel.
 */
export class Jobs {
  private readonly entries = new Map<string, Entry>()

  constructor(private readonly options: JobsOptions) {}

  list(): JobState[] {
    return [...this.entries.values()].map((entry) => toJobState(entry.job))
  }

  active(): JobState[] {
    return [...this.entries.values()].filter((entry) => !hasEnded(entry.job)).map((entry) => toJobState(entry.job))
  }

  /**
   * @throws VitrineError `unavailable` when a training run is asked for while one has the device.
   */
  start<R extends JobRoute>(request: JobRequest<R>): StartedJob<R> {
    const training = request.route === 'train' ? this.active().find((job) => job.kind === 'train') : undefined
    if (training !== undefined) {
      throw new VitrineError(
        'unavailable',
        `“${training.title}” is being trained: wait until it has finished, or stop it, then start this one.`,
      )
    }
    const id = randomUUID()
    const job = newJob({
      id,
      kind: request.route,
      title: request.title,
      runId: request.runId ?? null,
      startedAt: new Date().toISOString(),
    })
    const wanted: Signal[] = []
    const entry: Entry = { job, signal: (signal) => wanted.push(signal), ended: Promise.resolve() }
    this.entries.set(id, entry)
    this.options.onChange(toJobState(job))
    const ended = this.run(entry, request, wanted)
    entry.ended = ended
    return { id, ended }
  }

  /** Asks the job to end after its step and to keep what it has. */
  stop(jobId: string): void {
    this.signal(this.find(jobId), 'stop')
  }

  /**
   * Asks the training of a run to end after its step, to go on later.
   * @throws VitrineError `unavailable` when the run is not being trained.
   */
  pauseRun(runId: string): void {
    const training = [...this.entries.values()].find(
      ({ job }) => job.identity.runId === runId && job.identity.kind === 'train' && !hasEnded(job),
    )
    if (training === undefined) throw new VitrineError('unavailable', 'This run is not being trained.')
    this.signal(training, 'pause')
  }

  /** Ends the job at once; its process is killed when it does not follow. */
  cancel(jobId: string): void {
    this.signal(this.find(jobId), 'cancel')
  }

  /** Takes an ended job off the list. */
  dismiss(jobId: string): void {
    if (!hasEnded(this.find(jobId).job)) {
      throw new VitrineError('unavailable', 'This job is still running: stop or cancel it first.')
    }
    this.entries.delete(jobId)
    this.options.onRemoved(jobId)
  }

  /** Pauses training runs, which can go on later, cancels the rest, and waits for all to be gone. */
  async stopAll(deadlineMs: number): Promise<void> {
    const running = [...this.entries.values()].filter((entry) => !hasEnded(entry.job))
    for (const entry of running) this.signal(entry, entry.job.identity.kind === 'train' ? 'pause' : 'cancel')
    const deadline = setTimeout(() => {
      for (const entry of running) this.signal(entry, 'cancel')
    }, deadlineMs)
    await Promise.all(running.map((entry) => entry.ended))
    clearTimeout(deadline)
  }

  private find(jobId: string): Entry {
    const entry = this.entries.get(jobId)
    if (entry === undefined) throw new VitrineError('not-found', 'This job has already left the list.')
    return entry
  }

  private signal(entry: Entry, signal: Signal): void {
    const before = entry.job
    this.apply(entry, { type: 'signal', signal })
    if (entry.job !== before) entry.signal(signal)
  }

  private apply(entry: Entry, action: JobAction): void {
    const next = reduceJob(entry.job, action)
    if (next === entry.job) return
    entry.job = next
    this.options.onChange(toJobState(next))
  }

  private async run<R extends JobRoute>(
    entry: Entry,
    { route, input, runId }: JobRequest<R>,
    wanted: Signal[],
  ): Promise<JobEnd<R>> {
    let result: Result<EngineOutput<R>>
    let pid: number | null = null
    try {
      const engine = await this.options.start()
      pid = engine.pid
      void engine.ready.then(() => {
        this.apply(entry, { type: 'ready' })
        return this.listen(entry, engine)
      })
      const request = engine.request(route, input, (event) => {
        if (event.type === 'progress') this.apply(entry, event)
        if (event.type === 'metrics' && runId !== undefined) this.options.onMetrics(runId, event.lines)
      })
      entry.signal = (signal) => this.pass(engine, request.id, signal)
      for (const signal of wanted) entry.signal(signal)
      result = await request.result
      await engine.shutdown(exitDeadlineMs)
    } catch (error) {
      result = { ok: false, error: failureOf(error) }
    }
    this.apply(entry, result.ok ? { type: 'finished' } : { type: 'failed', failure: result.error })
    return { result, state: toJobState(entry.job), pid }
  }

  /** Notes whether the engine answers, for as long as it lives. */
  private async listen(entry: Entry, engine: EngineProcess): Promise<void> {
    const { listenEveryMs = defaultListenEveryMs, silentAfterMs = defaultSilentAfterMs } = this.options
    while (engine.alive) {
      // An engine that has ended does not answer either, but then its job ends too.
      this.apply(entry, { type: 'heard', answered: await engine.ping(silentAfterMs) })
      await Promise.race([sleep(listenEveryMs, null, { ref: false }), engine.exited])
    }
  }

  private pass(engine: EngineProcess, requestId: number, signal: Signal): void {
    engine.signal(requestId, signal)
    if (signal !== 'cancel') return
    const deadline = setTimeout(() => engine.kill(), this.options.cancelDeadlineMs ?? defaultCancelDeadlineMs)
    void engine.exited.then(() => clearTimeout(deadline))
  }
}
