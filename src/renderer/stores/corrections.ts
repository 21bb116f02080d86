import { defineStore } from 'pinia'
import { shallowReactive, shallowRef } from 'vue'
import type { CorrectionChange, ShownCorrection } from '@shared/contract/corrections'
import type { WindowOutput } from '@shared/contract/windowRoutes'
import { invoke } from '../ipc/client'
import { useNotices } from './notices'

interface KnownCorrections {
  side: number
  list: readonly ShownCorrection[]
  byIndex: ReadonlyMap<number, ShownCorrection>
}

interface Undoable {
  dataset: string
  /** What brings the state before back. */
  changes: CorrectionChange[]
}

const none: KnownCorrections = { side: 1, list: [], byIndex: new Map() }

/** What was corrected about the datasets that have been looked at, and the last change, to be taken back. */
export const useCorrections = defineStore('corrections', () => {
  const known = shallowReactive(new Map<string, KnownCorrections>())
  const undoable = shallowRef<Undoable | null>(null)
  const notices = useNotices()

  const of = (dataset: string) => known.get(dataset) ?? none

  function take(dataset: string, { side, corrections }: WindowOutput<'corrections.list'>): void {
    known.set(dataset, { side, list: corrections, byIndex: new Map(corrections.map((one) => [one.index, one])) })
  }

  /** A dataset that is gone, or a sample that is not made yet, has no corrections to show. */
  async function load(dataset: string): Promise<void> {
    const answer = await invoke('corrections.list', { dataset })
    if (answer.ok) take(dataset, answer.value)
    else known.delete(dataset)
  }

  async function send(dataset: string, changes: readonly CorrectionChange[]): Promise<boolean> {
    const answer = await invoke('corrections.change', { dataset, changes: [...changes] })
    if (answer.ok) take(dataset, answer.value)
    else notices.failure(answer.error)
    return answer.ok
  }

  /** What a record is to be for its present state to come back. */
  function present(dataset: string, index: number): CorrectionChange {
    const correction = of(dataset).byIndex.get(index)
    return { index, to: correction === undefined ? 'original' : (correction.label ?? 'left-out') }
  }

  async function change(dataset: string, changes: readonly CorrectionChange[]): Promise<void> {
    const before = changes.map(({ index }) => present(dataset, index))
    if (await send(dataset, changes)) undoable.value = { dataset, changes: before }
  }

  async function undo(): Promise<void> {
    const last = undoable.value
    if (last === null) return
    if (await send(last.dataset, last.changes)) undoable.value = null
  }

  return { of, undoable, load, change, undo }
})
