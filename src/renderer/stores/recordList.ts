import { computed, shallowReactive, shallowRef, watch, type ComputedRef, type ShallowRef } from 'vue'
import type { SplitName } from '@shared/contract/records'
import type { WindowOutput } from '@shared/contract/windowRoutes'
import { invoke } from '../ipc/client'
import { blocksOf, type PositionRange } from './virtualGrid'

type RecordsPage = WindowOutput<'datasets.page'>
export type DatasetRecord = RecordsPage['records'][number]

export interface RecordQuery {
  dataset: string
  /** Changes with the dataset's content. */
  version: string
  split: SplitName
  classIndex: number | null
}

export interface RecordList {
  /** How many there are; null until the first answer. */
  total: ComputedRef<number | null>
  /** Of the records in pixels. */
  side: ComputedRef<number>
  failure: ShallowRef<string | null>
  /** The record at a place of the list, once it has come. */
  at: (position: number) => DatasetRecord | null
  /** Sees to it that records come. */
  need: (range: PositionRange) => void
}

const blockSize = 120

/** A list of records that is read in blocks as it is looked at, so that its length costs nothing. */
export function useRecordList(query: () => RecordQuery): RecordList {
  const blocks = shallowReactive(new Map<number, readonly DatasetRecord[]>())
  const asked = new Set<number>()
  const known = shallowRef<{ total: number; side: number } | null>(null)
  const failure = shallowRef<string | null>(null)
  let generation = 0

  async function load(block: number): Promise<void> {
    if (asked.has(block)) return
    asked.add(block)
    const mine = generation
    const { dataset, split, classIndex } = query()
    const page = { dataset, split, classIndex, offset: block * blockSize, limit: blockSize }
    const answer = await invoke('datasets.page', page)
    if (mine !== generation) return
    if (answer.ok) {
      known.value = { total: answer.value.total, side: answer.value.side }
      blocks.set(block, answer.value.records)
      failure.value = null
    } else {
      asked.delete(block)
      failure.value = answer.error.message
    }
  }

  watch(
    query,
    () => {
      generation += 1
      asked.clear()
      blocks.clear()
      known.value = null
      failure.value = null
      void load(0)
    },
    { immediate: true, deep: true },
  )

  return {
    total: computed(() => known.value?.total ?? null),
    side: computed(() => known.value?.side ?? 0),
    failure,
    at: (position) => blocks.get(Math.floor(position / blockSize))?.[position % blockSize] ?? null,
    need: (range) => blocksOf(range, blockSize).forEach((block) => void load(block)),
  }
}
