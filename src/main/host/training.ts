import type { WindowEvent } from '@shared/contract/windowRoutes'
import type { RunStatus } from '@shared/contract/records'
import type { TrainingNotices } from '@shared/trainingNotices'
import type { JobEnd, Jobs } from './jobs'
import { logWarning } from './log'
import { removeLockOf } from './runLock'
import type { RunStore } from './runStore'
import type { WaitingRun } from './trainingQueueFolder'

export interface TrainingOptions {
  jobs: Jobs
  runs: RunStore
  notices: TrainingNotices
  announce: (event: WindowEvent) => void
}

export interface StartedTraining {
  jobId: string
  /** Resolves when the process has gone and the run's record tells its end; never rejects. */
  ended: Promise<JobEnd<'train'>>
}

/** Starts the jobs that train runs, lets other processes know of them, and sees to the runs' records. */
export class Training {
  constructor(private readonly options: TrainingOptions) {}

  /** @throws VitrineError `unavailable` while another run has the device. */
  start({ runId, title, resume, config }: WaitingRun): StartedTraining {
    const { jobs, runs } = this.options
    const input = { config, runFolder: runs.folderOf(runId), resume }
    const job = jobs.start({ route: 'train', input, title, runId })
    return { jobId: job.id, ended: this.follow(runId, title, job.ended) }
  }

  private async follow(runId: string, title: string, ended: Promise<JobEnd<'train'>>): Promise<JobEnd<'train'>> {
    const { notices, announce } = this.options
    await notices.put(title, 'window').catch(warn)
    const end = await ended
    await notices.take().catch(warn)
    await this.settle(runId, end)
    announce({ type: 'runs-changed' })
    return end
  }

  /** The engine writes how its run ended; when it could not, this does. */
  private async settle(runId: string, { result, state, pid }: JobEnd<'train'>): Promise<void> {
    if (result.ok) return
    const { runs } = this.options
    try {
      if (pid !== null) await removeLockOf(runs.folderOf(runId), pid)
      const ended: RunStatus =
        state.phase === 'cancelled' ? 'cancelled' : result.error.kind === 'engine-lost' ? 'interrupted' : 'failed'
      const reason = state.phase === 'cancelled' ? 'Cancelled.' : result.error.message
      await runs.settle(runId, ended, reason, pid)
    } catch (error) {
      logWarning('runs', `the end of ${runId} could not be written: ${String(error)}`)
    }
  }
}

function warn(error: unknown): void {
  logWarning('training', String(error))
}
