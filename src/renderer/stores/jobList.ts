import type { JobState, WindowEvent } from '@shared/contract/windowRoutes'

/** The list after an event; events that are not about jobs leave it as it is. */
export function jobsAfter(jobs: readonly JobState[], event: WindowEvent): readonly JobState[] {
  switch (event.type) {
    case 'job': {
      const known = jobs.some((job) => job.id === event.job.id)
      return known ? jobs.map((job) => (job.id === event.job.id ? event.job : job)) : [...jobs, event.job]
    }
    case 'job-removed':
      return jobs.filter((job) => job.id !== event.jobId)
    default:
      return jobs
  }
}

export function isActive(job: JobState): boolean {
  return job.phase === 'starting' || job.phase === 'running' || job.phase === 'stopping'
}

/** Share that is done from 0 to 1, or null when the whole is not known. */
export function jobShare(job: JobState): number | null {
  if (job.progress === null || job.progress.total === null || job.progress.total <= 0) return null
  return Math.min(1, Math.max(0, job.progress.done / job.progress.total))
}
