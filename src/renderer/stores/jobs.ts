import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import type { JobState, WindowEvent } from '@shared/contract/windowRoutes'
import { invoke } from '../ipc/client'
import { isActive, jobsAfter } from './jobList'
import { useNotices } from './notices'

export const useJobs = defineStore('jobs', () => {
  const jobs = shallowRef<readonly JobState[]>([])
  const notices = useNotices()
  const active = computed(() => jobs.value.filter(isActive))

  async function load(): Promise<void> {
    const answer = await invoke('jobs.list', {})
    if (answer.ok) jobs.value = answer.value.jobs
    else notices.failure(answer.error)
  }

  function apply(event: WindowEvent): void {
    jobs.value = jobsAfter(jobs.value, event)
  }

  /** The newest: a run that was resumed has had one before. */
  function ofRun(runId: string): JobState | null {
    return jobs.value.findLast((job) => job.kind === 'train' && job.runId === runId) ?? null
  }

  async function send(route: 'jobs.stop' | 'jobs.cancel' | 'jobs.dismiss', jobId: string): Promise<void> {
    const answer = await invoke(route, { jobId })
    if (!answer.ok) notices.failure(answer.error)
  }

  return {
    jobs,
    active,
    load,
    apply,
    ofRun,
    stop: (jobId: string) => send('jobs.stop', jobId),
    cancel: (jobId: string) => send('jobs.cancel', jobId),
    dismiss: (jobId: string) => send('jobs.dismiss', jobId),
  }
})
