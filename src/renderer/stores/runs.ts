import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import type { RunConfig } from '@shared/config/runConfig'
import type { RunSummary } from '@shared/contract/records'
import type { Failure, Result } from '@shared/errors'
import { invoke } from '../ipc/client'
import { useNotices } from './notices'

type RunsState = { phase: 'loading' } | { phase: 'ready'; runs: RunSummary[] } | { phase: 'failed'; failure: Failure }

export const useRuns = defineStore('runs', () => {
  const state = shallowRef<RunsState>({ phase: 'loading' })
  const notices = useNotices()
  /** Newest first. */
  const list = computed(() => (state.value.phase === 'ready' ? state.value.runs : []))

  function byId(runId: string): RunSummary | null {
    return list.value.find((run) => run.record.id === runId) ?? null
  }

  async function load(): Promise<void> {
    const answer = await invoke('runs.list', {})
    if (!answer.ok) {
      state.value = { phase: 'failed', failure: answer.error }
      return
    }
    const runs = answer.value.runs.toSorted((a, b) => b.record.createdAt.localeCompare(a.record.createdAt))
    state.value = { phase: 'ready', runs }
  }

  async function start(config: RunConfig): Promise<Result<{ jobId: string; runId: string }>> {
    const answer = await invoke('runs.start', { config })
    if (answer.ok) await load()
    return answer
  }

  async function pause(runId: string): Promise<void> {
    const answer = await invoke('runs.pause', { runId })
    if (!answer.ok) notices.failure(answer.error)
  }

  /** Goes on with a run; with `epochs` until it has had that many in all. */
  async function resume(runId: string, epochs: number | null): Promise<boolean> {
    const answer = await invoke('runs.resume', { runId, ...(epochs === null ? {} : { epochs }) })
    if (!answer.ok) notices.failure(answer.error)
    await load()
    return answer.ok
  }

  async function rename(runId: string, name: string): Promise<void> {
    const answer = await invoke('runs.rename', { runId, name })
    if (!answer.ok) notices.failure(answer.error)
    await load()
  }

  async function remove(runId: string): Promise<boolean> {
    const answer = await invoke('runs.remove', { runId })
    if (!answer.ok) notices.failure(answer.error)
    await load()
    return answer.ok
  }

  async function reveal(folder: string): Promise<void> {
    const answer = await invoke('files.reveal', { path: folder })
    if (!answer.ok) notices.failure(answer.error)
  }

  return { state, list, byId, load, start, pause, resume, rename, remove, reveal }
})
