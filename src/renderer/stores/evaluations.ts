import { defineStore } from 'pinia'
import { shallowReactive } from 'vue'
import type { ShownEvaluation } from '@shared/contract/windowRoutes'
import type { EvaluationPlace } from '@shared/evaluationFolder'
import { invoke } from '../ipc/client'
import type { Loadable } from './loadable'
import { useNotices } from './notices'

const idle: Loadable<ShownEvaluation[]> = { phase: 'idle' }

/** The evaluations of the runs that have been looked at, and which of them is shown. */
export const useEvaluations = defineStore('evaluations', () => {
  const byRun = shallowReactive(new Map<string, Loadable<ShownEvaluation[]>>())
  const chosenIds = shallowReactive(new Map<string, string>())
  const notices = useNotices()

  function listOf(runId: string): ShownEvaluation[] {
    const state = byRun.get(runId) ?? idle
    if (state.phase === 'ready') return state.value
    return state.phase === 'loading' ? (state.previous ?? []) : []
  }

  /** The one that was chosen, or the newest. */
  function shownOf(runId: string): ShownEvaluation | null {
    const list = listOf(runId)
    return list.find(({ id }) => id === chosenIds.get(runId)) ?? list.at(0) ?? null
  }

  async function load(runId: string): Promise<void> {
    byRun.set(runId, { phase: 'loading', previous: listOf(runId) })
    const answer = await invoke('evaluations.list', { runId })
    byRun.set(
      runId,
      answer.ok ? { phase: 'ready', value: answer.value.evaluations } : { phase: 'failed', failure: answer.error },
    )
  }

  /** After an evaluation has ended: its result is the newest, and is shown. */
  async function renew(runId: string): Promise<void> {
    if (!byRun.has(runId)) return
    chosenIds.delete(runId)
    await load(runId)
  }

  async function start(runId: string, place: EvaluationPlace): Promise<void> {
    const answer = await invoke('evaluations.start', { runId, ...place })
    if (!answer.ok) notices.failure(answer.error)
  }

  return {
    stateOf: (runId: string) => byRun.get(runId) ?? idle,
    listOf,
    shownOf,
    choose: (runId: string, id: string) => void chosenIds.set(runId, id),
    load,
    renew,
    start,
  }
})
