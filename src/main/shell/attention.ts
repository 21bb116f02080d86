import { Notification, type BrowserWindow } from 'electron'
import type { JobState } from '@shared/contract/windowRoutes'

export interface AttentionOptions {
  currentWindow: () => BrowserWindow | null
  /** Brings the window to the front. */
  raise: () => void
  notifies: () => boolean
}

const endings = { finished: 'has finished', failed: 'has failed', cancelled: null } as const

/** Tells how work goes when the window is not looked at: progress on the taskbar, and a notification at its end. */
export class Attention {
  private readonly shares = new Map<string, number>()
  /** Jobs whose end has been told. */
  private readonly told = new Set<string>()
  /** A notification that nothing holds is collected, and its click lost. */
  private readonly shown = new Set<Notification>()

  constructor(private readonly options: AttentionOptions) {}

  follow(job: JobState): void {
    if (job.phase === 'finished' || job.phase === 'failed' || job.phase === 'cancelled') this.ended(job, job.phase)
    else this.shares.set(job.id, job.progress === null ? 0 : job.progress.done / Math.max(1, job.progress.total ?? 0))
    const [share] = this.shares.values()
    // Below zero there is no bar.
    this.options.currentWindow()?.setProgressBar(share === undefined ? -1 : Math.min(1, share))
  }

  private ended(job: JobState, phase: keyof typeof endings): void {
    this.shares.delete(job.id)
    if (this.told.has(job.id)) return
    this.told.add(job.id)
    const ending = endings[phase]
    const window = this.options.currentWindow()
    if (ending === null || window?.isFocused() === true || !this.options.notifies() || !Notification.isSupported())
      return
    const notification = new Notification({ title: `${job.title} ${ending}`, body: job.failure?.message ?? '' })
    this.shown.add(notification)
    notification.on('close', () => this.shown.delete(notification))
    notification.on('click', this.options.raise)
    notification.show()
  }
}
