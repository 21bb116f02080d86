import { shallowReactive, shallowRef, watch, type ShallowRef } from 'vue'
import type { WindowOutput } from '@shared/contract/windowRoutes'
import { invoke } from '../ipc/client'

export type IndexedRecord = WindowOutput<'datasets.records'>['records'][number] & { side: number }

export interface RecordsByIndex {
  /** The record, once it has come. */
  at: (index: number) => IndexedRecord | undefined
  /** Sees to it that records come. */
  need: (indices: readonly number[]) => void
  failure: ShallowRef<string | null>
}

/** Records asked for at a time; what main gives at most. */
const mostAtOnce = 200
/** Records that are remembered; the earliest are forgotten first. */
const remembered = 4_000

/** Single records of a dataset, fetched as they are looked at. */
export function useRecordsByIndex(dataset: () => string): RecordsByIndex {
  const known = shallowReactive(new Map<number, IndexedRecord>())
  const asked = new Set<number>()
  const failure = shallowRef<string | null>(null)
  let generation = 0

  async function fetchThem(indices: readonly number[]): Promise<void> {
    const mine = generation
    const answer = await invoke('datasets.records', { dataset: dataset(), indices: [...indices] })
    if (mine !== generation) return
    failure.value = answer.ok ? null : answer.error.message
    if (!answer.ok) {
      for (const index of indices) asked.delete(index)
      return
    }
    const { side, records } = answer.value
    for (const record of records) known.set(record.index, { ...record, side })
    for (const index of known.keys()) {
      if (known.size <= remembered) break
      known.delete(index)
      asked.delete(index)
    }
  }

  watch(dataset, () => {
    generation += 1
    known.clear()
    asked.clear()
    failure.value = null
  })

  return {
    at: (index) => known.get(index),
    need(indices) {
      const missing = indices.filter((index) => !asked.has(index))
      for (const index of missing) asked.add(index)
      for (let start = 0; start < missing.length; start += mostAtOnce) {
        void fetchThem(missing.slice(start, start + mostAtOnce))
      }
    },
    failure,
  }
}
