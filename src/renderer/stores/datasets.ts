import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import type { DatasetSummary } from '@shared/contract/records'
import type { WindowInput } from '@shared/contract/windowRoutes'
import type { Failure } from '@shared/errors'
import { invoke } from '../ipc/client'
import { useNotices } from './notices'

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
  const selectedId = ref<string | null>(null)
  /** Folder for which the dialog "Prepare a folder" is open; empty when none is chosen yet. */
  const preparing = ref<{ source: string } | null>(null)
  const notices = useNotices()

  const list = computed(() => (state.value.phase === 'ready' ? state.value.datasets : []))
  const selected = computed(
    () => list.value.find((dataset) => dataset.id === selectedId.value) ?? list.value.at(0) ?? null,
  )

  function byId(id: string): DatasetSummary | null {
    return list.value.find((dataset) => dataset.id === id) ?? null
  }

  async function load(): Promise<void> {
    const answer = await invoke('datasets.list', {})
    state.value = answer.ok
      ? { phase: 'ready', datasets: orderedDatasets(answer.value.datasets) }
      : { phase: 'failed', failure: answer.error }
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

  async function remove(dataset: string): Promise<void> {
    const answer = await invoke('datasets.remove', { dataset })
    if (!answer.ok) return notices.failure(answer.error)
    if (selectedId.value === dataset) selectedId.value = null
    await load()
  }

  return { state, list, selectedId, selected, preparing, byId, load, prepare, make, remove }
})
