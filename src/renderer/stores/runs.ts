import { defineStore } from 'pinia'
import { computed, shallowReactive, shallowRef } from 'vue'
import type { RunConfig } from '@shared/config/runConfig'
import type { DamagedRun, ListedRun, RunList, RunNotesChange } from '@shared/contract/runRecords'
import type { Failure, Result } from '@shared/errors'
import { invoke } from '../ipc/client'
import { useCurves } from './curves'
import { useNotices } from './notices'
import { useRemovals } from './removal'

type RunsState = { phase: 'loading' } | { phase: 'ready'; list: RunList } | { phase: 'failed'; failure: Failure }

const noRuns: RunList = { runs: [], damaged: [], freeBytes: null }

export const useRuns = defineStore('runs', () => {
  const state = shallowRef<RunsState>({ phase: 'loading' })
  const notices = useNotices()
  const curves = useCurves()
  /** The runs of each removal that can still be taken back, or is being made. */
  const batches = shallowReactive(new Map<string, readonly string[]>())
  const removals = useRemovals(commitRemoval)
  let batchCount = 0
  let asked = 0

  const listed = computed(() => (state.value.phase === 'ready' ? state.value.list : noRuns))
  const gone = computed(() => new Set([...batches.values()].flat()))
  /** Newest first. */
  const list = computed((): ListedRun[] => listed.value.runs.filter((run) => !gone.value.has(run.record.id)))
  /** Folders whose record can't be read. */
  const damaged = computed((): DamagedRun[] => listed.value.damaged.filter((run) => !gone.value.has(run.id)))

  function byId(runId: string): ListedRun | null {
    return list.value.find((run) => run.record.id === runId) ?? null
  }

  function damagedById(runId: string): DamagedRun | null {
    return damaged.value.find((run) => run.id === runId) ?? null
  }

  async function load(): Promise<void> {
    asked += 1
    const number = asked
    const answer = await invoke('runs.list', {})
    if (number !== asked) return
    state.value = answer.ok ? { phase: 'ready', list: answer.value } : { phase: 'failed', failure: answer.error }
  }

  /** Tells what went wrong, if anything did, and lists the runs again. */
  async function finished<T>(answer: Result<T>): Promise<boolean> {
    if (!answer.ok) notices.failure(answer.error)
    await load()
    return answer.ok
  }

  async function start(config: RunConfig): Promise<Result<{ jobId: string | null; runId: string }>> {
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
    return finished(await invoke('runs.resume', { runId, ...(epochs === null ? {} : { epochs }) }))
  }

  async function rename(runId: string, name: string): Promise<void> {
    await finished(await invoke('runs.rename', { runId, name }))
  }

  /** Changes tags, notes, or whether runs are archived. */
  async function annotate(runIds: readonly string[], change: RunNotesChange): Promise<boolean> {
    return finished(await invoke('runs.annotate', { runIds: [...runIds], change }))
  }

  /**
   * Takes runs away for the eye; they can be brought back for a while.
   * @param words what the window says meanwhile
   */
  function remove(runIds: readonly string[], words: string): void {
    batchCount += 1
    batches.set(String(batchCount), runIds)
    removals.begin({ id: String(batchCount), name: words })
  }

  function undoRemove(): void {
    if (removals.pending.value !== null) batches.delete(removals.pending.value.id)
    removals.undo()
  }

  async function commitRemoval(batch: string): Promise<void> {
    for (const runId of batches.get(batch) ?? []) {
      const answer = await invoke('runs.remove', { runId })
      if (answer.ok) curves.forget(runId)
      else notices.failure(answer.error)
    }
    await load()
    batches.delete(batch)
  }

  async function reveal(folder: string): Promise<void> {
    const answer = await invoke('files.reveal', { path: folder })
    if (!answer.ok) notices.failure(answer.error)
  }

  return {
    state,
    list,
    damaged,
    /** Of the disk that the runs are on. */
    freeBytes: computed(() => listed.value.freeBytes),
    /** Says what was deleted a moment ago. */
    removedWords: computed(() => removals.pending.value?.name ?? null),
    byId,
    damagedById,
    load,
    start,
    pause,
    resume,
    rename,
    annotate,
    remove,
    undoRemove,
    reveal,
  }
})
