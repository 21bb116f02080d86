import type { Progress, Signal } from '@shared/contract/engineMessages'
import type { JobState } from '@shared/contract/windowRoutes'
import type { Failure } from '@shared/errors'

/** What never changes about a job. */
export type JobIdentity = Pick<JobState, 'id' | 'kind' | 'title' | 'runId' | 'startedAt'>

/** How far a job is: one state, of which each carries what only it has. */
export type JobPhase =
  | { phase: 'starting' }
  | { phase: 'running' }
  | { phase: 'stopping'; by: Signal }
  | { phase: 'finished' }
  | { phase: 'failed'; failure: Failure }
  | { phase: 'cancelled' }

export interface Job {
  readonly identity: JobIdentity
  readonly phase: JobPhase
  readonly progress: Progress | null
  /** Its engine does not answer. */
  readonly isSilent: boolean
}

export type JobAction =
  | { type: 'ready' }
  | { type: 'progress'; progress: Progress }
  | { type: 'signal'; signal: Signal }
  | { type: 'heard'; answered: boolean }
  | { type: 'finished' }
  | { type: 'failed'; failure: Failure }

export function newJob(identity: JobIdentity): Job {
  return { identity, phase: { phase: 'starting' }, progress: null, isSilent: false }
}

export function hasEnded({ phase }: Job): boolean {
  return phase.phase === 'finished' || phase.phase === 'failed' || phase.phase === 'cancelled'
}

/** The job after the action; the same object when the action changes nothing. */
export function reduceJob(job: Job, action: JobAction): Job {
  if (hasEnded(job)) return job
  switch (action.type) {
    case 'ready':
      return job.phase.phase === 'starting' ? { ...job, phase: { phase: 'running' } } : job
    case 'progress':
      return {
        ...job,
        phase: job.phase.phase === 'starting' ? { phase: 'running' } : job.phase,
        progress: action.progress,
      }
    case 'signal':
      return signalled(job, action.signal)
    case 'heard':
      return job.isSilent === !action.answered ? job : { ...job, isSilent: !action.answered }
    case 'finished':
      return { ...job, phase: { phase: 'finished' } }
    case 'failed':
      return { ...job, phase: failed(job.phase, action.failure) }
  }
}

/** A stop or a pause may turn into a cancel, never the other way round. */
function signalled(job: Job, signal: Signal): Job {
  if (job.phase.phase === 'stopping' && (job.phase.by === 'cancel' || signal !== 'cancel')) return job
  return { ...job, phase: { phase: 'stopping', by: signal } }
}

/** A cancelled engine may answer "cancelled", or be killed for not answering: the user meant both. */
function failed(before: JobPhase, failure: Failure): JobPhase {
  const cancelled = failure.kind === 'cancelled' || (before.phase === 'stopping' && before.by === 'cancel')
  return cancelled ? { phase: 'cancelled' } : { phase: 'failed', failure }
}

export function toJobState(job: Job): JobState {
  return {
    ...job.identity,
    phase: job.phase.phase,
    progress: job.progress,
    failure: job.phase.phase === 'failed' ? job.phase.failure : null,
    ...(job.isSilent && !hasEnded(job) ? { isSilent: true } : {}),
  }
}
