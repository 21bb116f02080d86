import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import type { DatasetSummary, DuplicateAction, UnfinishedPreparation } from '@shared/contract/records'
import type { WindowInput } from '@shared/contract/windowRoutes'
import type { Failure, Result } from '@shared/errors'
import { invoke } from '../ipc/client'
import { useNotices } from './notices'
import { useRemovals } from './removal'

type DatasetsState =
  { phase: 'loading' } | { phase: 'ready'; datasets: DatasetSummary[] } | { phase: 'failed'; failure: Failure }

/** Samples first, in the order that they come in; then prepared datasets by name. */
export function orderedDatasets(datasets: readonly DatasetSummary[]): DatasetSummary[] {
  const samples = datasets.filter((dataset) => dataset.kind === 'sample')
  const prepared = datasets.filter((dataset) => dataset.kind === 'prepared')
  return [...samples, ...prepared.toSorted((a, b) => a.name.localeCompare(b.name))]
}

export const useDatasets = defineStore('datasets', () => {
  const state = shallowRef<DatasetsState>({ phase: 'loading' })
  /** Preparations that were cancelled or killed and can be gone on with. */
  const unfinished = shallowRef<readonly UnfinishedPreparation[]>([])
  const selectedId = ref<string | null>(null)
  /** Source for which the dialog "Prepare images" is open; empty when none is chosen yet. */
  const preparing = ref<{ source: string } | null>(null)
  const notices = useNotices()
  const removals = useRemovals(remove)

  const list = computed(() => {
    if (state.value.phase !== 'ready') return []
    const gone = removals.pending.value?.id
    return state.value.datasets.filter(({ id }) => id !== gone)
  })
  const selected = computed(
    () => list.value.find((dataset) => dataset.id === selectedId.value) ?? list.value.at(0) ?? null,
  )

  function byId(id: string): DatasetSummary | null {
    return list.value.find((dataset) => dataset.id === id) ?? null
  }

  async function load(): Promise<void> {
    const [answer, leftOver] = await Promise.all([invoke('datasets.list', {}), invoke('datasets.unfinished', {})])
    state.value = answer.ok
      ? { phase: 'ready', datasets: orderedDatasets(answer.value.datasets) }
      : { phase: 'failed', failure: answer.error }
    if (leftOver.ok) unfinished.value = leftOver.value.preparations
  }

  /** Tells what went wrong, if anything did. */
  function succeeded<T>(answer: Result<T>): boolean {
    if (!answer.ok) notices.failure(answer.error)
    return answer.ok
  }

  async function prepare(input: WindowInput<'datasets.prepare'>): Promise<Failure | null> {
    const answer = await invoke('datasets.prepare', input)
    if (!answer.ok) return answer.error
    selectedId.value = answer.value.dataset
    return null
  }

  /** Starts making a sample; a job's progress tells the rest. */
  async function make(dataset: string): Promise<void> {
    const answer = await invoke('datasets.make', { dataset })
    if (!answer.ok) notices.failure(answer.error)
    else if (answer.value.jobId === null) await load()
  }

  /** Decodes what is new or has changed in the source. */
  async function update(dataset: string): Promise<void> {
    succeeded(await invoke('datasets.update', { dataset }))
  }

  async function resume(dataset: string): Promise<void> {
    if (succeeded(await invoke('datasets.resume', { dataset }))) await load()
  }

  async function discard(dataset: string): Promise<void> {
    if (succeeded(await invoke('datasets.discard', { dataset }))) await load()
  }

  async function rename(dataset: string, name: string): Promise<void> {
    if (succeeded(await invoke('datasets.rename', { dataset, name }))) await load()
  }

  async function deduplicate(dataset: string, action: DuplicateAction): Promise<void> {
    succeeded(await invoke('datasets.deduplicate', { dataset, action }))
  }

  async function remove(dataset: string): Promise<void> {
    if (!succeeded(await invoke('datasets.remove', { dataset }))) return
    if (selectedId.value === dataset) selectedId.value = null
    await load()
  }

  return {
    state,
    list,
    unfinished,
    selectedId,
    selected,
    preparing,
    /** What was deleted a moment ago. */
    removed: removals.pending,
    byId,
    load,
    prepare,
    make,
    update,
    resume,
    discard,
    rename,
    deduplicate,
    remove: ({ id, name }: DatasetSummary) => removals.begin({ id, name }),
    undoRemove: removals.undo,
  }
})
