import type { Services, WindowHandlers } from './services'

export function jobHandlers({
  jobs,
}: Services): Pick<WindowHandlers, 'jobs.list' | 'jobs.stop' | 'jobs.cancel' | 'jobs.dismiss'> {
  return {
    'jobs.list': () => ({ jobs: jobs.list() }),
    'jobs.stop'({ jobId }) {
      jobs.stop(jobId)
      return {}
    },
    'jobs.cancel'({ jobId }) {
      jobs.cancel(jobId)
      return {}
    },
    'jobs.dismiss'({ jobId }) {
      jobs.dismiss(jobId)
      return {}
    },
  }
}
