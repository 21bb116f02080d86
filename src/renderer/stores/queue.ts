import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import type { RunConfig } from '@shared/config/runConfig'
import type { QueuedRun, QueueState } from '@shared/contract/queue'
import type { Result } from '@shared/errors'
import { invoke } from '../ipc/client'
import { useJobs } from './jobs'
import { useNotices } from './notices'

/** The runs in another order: one of them at another place. */
export function movedTo(runs: readonly QueuedRun[], runId: string, to: number): QueuedRun[] {
  const moved = runs.find((run) => run.runId === runId)
  const others = runs.filter((run) => run.runId !== runId)
  return moved === undefined ? [...runs] : others.toSpliced(to, 0, moved)
}

export const useQueue = defineStore('queue', () => {
  const notices = useNotices()
  const jobs = useJobs()
  const state = shallowRef<QueueState>({ runs: [], hold: null, waitsFor: [] })
  /** Whether the panel is open. */
  const isShown = ref(false)
  /** What was removed last, while the panel is open. */
  const removed = shallowRef<readonly QueuedRun[]>([])

  const training = computed(() => jobs.active.find((job) => job.kind === 'train') ?? null)
  /** Whether a new run would have to wait. */
  const isBusy = computed(() => training.value !== null || state.value.waitsFor.length > 0)

  async function load(): Promise<void> {
    const answer = await invoke('queue.get', {})
    if (answer.ok) state.value = answer.value
    else notices.failure(answer.error)
  }

  function apply(changed: QueueState): void {
    state.value = changed
  }

  function said<T>(answer: Result<T>): boolean {
    if (!answer.ok) notices.failure(answer.error)
    return answer.ok
  }

  function add(configs: RunConfig[]): Promise<Result<{ startedRunId: string | null; queued: number }>> {
    return invoke('queue.add', { configs })
  }

  /** Puts a run to a place that counts from 0; places outside of the list are its ends. */
  async function move(runId: string, to: number): Promise<void> {
    const place = Math.min(Math.max(to, 0), state.value.runs.length - 1)
    if (state.value.runs[place]?.runId === runId) return
    state.value = { ...state.value, runs: movedTo(state.value.runs, runId, place) }
    if (!said(await invoke('queue.move', { runId, to: place }))) await load()
  }

  async function remove(runs: readonly QueuedRun[]): Promise<void> {
    if (said(await invoke('queue.remove', { runIds: runs.map(({ runId }) => runId) }))) removed.value = runs
  }

  async function undoRemove(): Promise<void> {
    const runIds = removed.value.map(({ runId }) => runId)
    removed.value = []
    if (runIds.length > 0) said(await invoke('queue.restore', { runIds }))
  }

  function close(): void {
    isShown.value = false
    removed.value = []
  }

  const send = async (route: 'queue.pause' | 'queue.goOn' | 'queue.stopAll') => void said(await invoke(route, {}))

  return {
    state,
    isShown,
    removed,
    training,
    isBusy,
    load,
    apply,
    add,
    move,
    remove,
    undoRemove,
    close,
    pause: () => send('queue.pause'),
    goOn: () => send('queue.goOn'),
    stopAll: () => send('queue.stopAll'),
    startNow: async (runId: string) => void said(await invoke('queue.startNow', { runId })),
  }
})
