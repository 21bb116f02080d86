import { defineStore } from 'pinia'
import { shallowReactive } from 'vue'
import type { MetricLine } from '@shared/contract/records'
import type { Failure } from '@shared/errors'
import { invoke } from '../ipc/client'
import { appendLines, curvesOf, emptyCurves, type RunCurves } from './runCurves'

/** `version` grows with every batch; the columns themselves are plain arrays that are appended to. */
export interface CurvesState {
  phase: 'loading' | 'ready' | 'failed'
  failure: Failure | null
  version: number
  curves: RunCurves
}

export const useCurves = defineStore('curves', () => {
  const byRun = shallowReactive(new Map<string, CurvesState>())
  /** Lines that come while a run's file is being read. */
  const arriving = new Map<string, MetricLine[]>()

  function append(runId: string, lines: readonly MetricLine[]): void {
    const known = byRun.get(runId)
    if (known === undefined) return
    arriving.get(runId)?.push(...lines)
    appendLines(known.curves, lines)
    byRun.set(runId, { ...known, version: known.version + 1 })
  }

  /** Reads the run's file once; from then on events keep it complete. */
  async function load(runId: string): Promise<void> {
    if (byRun.get(runId)?.phase === 'ready') return
    byRun.set(runId, { phase: 'loading', failure: null, version: 0, curves: emptyCurves() })
    const lines: MetricLine[] = []
    arriving.set(runId, lines)
    const answer = await invoke('runs.get', { runId })
    arriving.delete(runId)
    const live = byRun.get(runId)
    if (live === undefined) return
    byRun.set(
      runId,
      answer.ok
        ? {
            phase: 'ready',
            failure: null,
            version: live.version + 1,
            curves: curvesOf(answer.value.metrics, lines),
          }
        : { ...live, phase: 'failed', failure: answer.error },
    )
  }

  function of(runId: string): CurvesState | null {
    return byRun.get(runId) ?? null
  }

  function forget(runId: string): void {
    byRun.delete(runId)
  }

  return { append, load, of, forget }
})
