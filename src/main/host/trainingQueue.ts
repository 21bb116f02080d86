import type { QueueEntry, QueueHold, QueueState } from '@shared/contract/queue'
import { VitrineError } from '@shared/errors'
import type { TrainingNotice } from '@shared/trainingNotices'
import type { JobEnd } from './jobs'
import { logWarning } from './log'
import type { StartedTraining } from './training'
import type { TrainingQueueFolder, WaitingRun } from './trainingQueueFolder'

export interface TrainingQueueOptions {
  folder: TrainingQueueFolder
  train(run: WaitingRun): StartedTraining
  /** Trainings of other processes on this machine. */
  others(): Promise<TrainingNotice[]>
  onChange(state: QueueState): void
  /** Time between two looks whether others have ended. */
  pollMs?: number
}

export interface QueuedOrStarted {
  runId: string
  /** Null for a run that waits. */
  jobId: string | null
}

const defaultPollMs = 2_000

/**
 * Gives the device to one run after another. What waits is on disk only. Runs that wait since an
 * earlier session are held until somebody says so.
 */
export class TrainingQueue {
  private hold: QueueHold | null = null
  private isTraining = false
  private waitsFor: TrainingNotice[] = []
  private readonly removed = new Map<string, QueueEntry>()
  private last: Promise<unknown> = Promise.resolve()
  private training: Promise<void> = Promise.resolve()
  private timer: NodeJS.Timeout | null = null
  private closed = false

  constructor(private readonly options: TrainingQueueOptions) {}

  /** Takes up what an earlier session left. */
  open(): Promise<void> {
    return this.change(async () => {
      await this.options.folder.recover()
      if ((await this.options.folder.list()).length > 0) this.hold = { why: 'app-start' }
    })
  }

  async state(): Promise<QueueState> {
    const waiting = await this.options.folder.list()
    return {
      runs: waiting.map(({ runId, title, resume, config, addedAt }) => ({
        runId,
        title,
        resume,
        dataset: config.data.dataset,
        epochs: config.train.epochs,
        addedAt,
      })),
      hold: waiting.length === 0 ? null : this.hold,
      waitsFor: waiting.length === 0 ? [] : this.waitsFor.map(({ title, by }) => ({ title, by })),
    }
  }

  /**
   * Starts the first of new runs where the device is free, and lets the rest wait.
   * @throws VitrineError `unavailable` for a run that waits already.
   */
  add(runs: readonly WaitingRun[]): Promise<QueuedOrStarted[]> {
    return this.change(async () => {
      const { folder } = this.options
      // A pause is of the runs that waited, of which there are none any more.
      if ((await folder.list()).length === 0 || this.goesOnWithPaused(runs)) this.hold = null
      const [first, ...rest] = runs
      if (first === undefined || !(await this.isDeviceFree())) {
        await folder.add(runs)
        return runs.map(({ runId }) => ({ runId, jobId: null }))
      }
      await folder.add(rest)
      return [{ runId: first.runId, jobId: this.begin(first) }, ...rest.map(({ runId }) => ({ runId, jobId: null }))]
    })
  }

  /** @throws VitrineError `not-found` for a run that waits no more. */
  move(runId: string, to: number): Promise<void> {
    return this.change(() => this.options.folder.move(runId, to))
  }

  remove(runIds: readonly string[]): Promise<void> {
    return this.change(async () => {
      for (const runId of runIds) {
        const entry = await this.options.folder.remove(runId)
        if (entry !== null) this.removed.set(runId, entry)
      }
    })
  }

  /** Puts back what was removed in this session. */
  restore(runIds: readonly string[]): Promise<void> {
    return this.change(async () => {
      const entries = runIds.flatMap((runId) => this.removed.get(runId) ?? [])
      await this.options.folder.put(entries)
      for (const { runId } of entries) this.removed.delete(runId)
    })
  }

  pause(): Promise<void> {
    return this.change(() => {
      this.hold = { why: 'paused' }
      return Promise.resolve()
    })
  }

  goOn(): Promise<void> {
    return this.change(() => {
      this.hold = null
      return Promise.resolve()
    })
  }

  /**
   * Starts a run without waiting for other processes.
   * @throws VitrineError `unavailable` while this one trains, `not-found` for a run that waits no more.
   */
  startNow(runId: string): Promise<void> {
    return this.change(async () => {
      if (this.isTraining) {
        throw new VitrineError('unavailable', 'A run is being trained: stop it first, or wait until it has finished.')
      }
      const entry = (await this.options.folder.list()).find((waiting) => waiting.runId === runId)
      if (entry === undefined || !(await this.claim(entry))) {
        throw new VitrineError('not-found', 'This run waits no more: it has been started or removed.')
      }
    })
  }

  /** From now on nothing is started. */
  close(): void {
    this.closed = true
    if (this.timer !== null) clearTimeout(this.timer)
  }

  /** After `close`: resolves once the end of the run that was trained is written. */
  async settled(): Promise<void> {
    await this.training
    await this.last
  }

  /** One change after another; after each the next run starts where it may. */
  private change<T>(work: () => Promise<T>): Promise<T> {
    const result = this.last.then(async () => {
      try {
        return await work()
      } finally {
        await this.advance().catch(warn)
        this.options.onChange(await this.state())
      }
    })
    this.last = result.catch(() => undefined)
    return result
  }

  private goesOnWithPaused(runs: readonly WaitingRun[]): boolean {
    const { hold } = this
    return hold?.why === 'run-paused' && runs.some(({ runId }) => runId === hold.runId)
  }

  private async isDeviceFree(): Promise<boolean> {
    if (this.isTraining) return false
    this.waitsFor = await this.options.others()
    return this.waitsFor.length === 0
  }

  private async advance(): Promise<void> {
    if (this.closed || this.hold !== null || this.isTraining) return
    const waiting = await this.options.folder.list()
    if (waiting.length === 0) return
    if (!(await this.isDeviceFree())) {
      this.lookAgain()
      return
    }
    for (const entry of waiting) if (await this.claim(entry)) return
  }

  /** Other processes end without a word. */
  private lookAgain(): void {
    this.timer ??= setTimeout(() => {
      this.timer = null
      this.change(() => Promise.resolve()).catch(warn)
    }, this.options.pollMs ?? defaultPollMs)
  }

  private async claim(entry: QueueEntry): Promise<boolean> {
    if (!(await this.options.folder.claim(entry.runId))) return false
    this.begin(entry)
    return true
  }

  private begin(run: WaitingRun): string {
    const { jobId, ended } = this.options.train(run)
    this.isTraining = true
    this.waitsFor = []
    this.training = ended.then((end) => this.change(() => this.settle(run, end))).catch(warn)
    return jobId
  }

  private async settle({ runId }: WaitingRun, end: JobEnd<'train'>): Promise<void> {
    this.isTraining = false
    await this.options.folder.settle(runId)
    this.hold ??= holdAfter(runId, end)
  }
}

/** A run that failed doesn't keep the next from its turn, unless the next would fail for the same reason. */
function holdAfter(runId: string, { result, pid }: JobEnd<'train'>): QueueHold | null {
  // Who pauses a run wants the machine for something else.
  if (result.ok) return result.value.run.status === 'paused' ? { why: 'run-paused', runId } : null
  const { kind, message } = result.error
  const concernsAll = pid === null || kind === 'disk-full'
  return concernsAll && kind !== 'cancelled' ? { why: 'failure', message } : null
}

function warn(error: unknown): void {
  logWarning('queue', String(error))
}
