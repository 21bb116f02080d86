import { onScopeDispose, shallowRef, type ShallowRef } from 'vue'
import type { UmapProgress } from '../maps/umap/umapLayout'
import type { UmapAnswer, UmapRequest } from '../maps/umap/umapMessages'

export type UmapState =
  | { phase: 'idle' }
  /** `stageSince` is when the present stage began, as `performance.now` counts. */
  | { phase: 'working'; progress: UmapProgress | null; stageSince: number }
  /** [count, 2]; `key` names the question. */
  | { phase: 'ready'; layout: Float32Array; key: string }
  | { phase: 'failed'; message: string }

export interface UmapWork {
  state: ShallowRef<UmapState>
  /** Arranges points, unless that has been done under this name; an earlier arrangement is given up. */
  start(key: string, request: () => UmapRequest): void
  /** Gives the arrangement up. */
  cancel(): void
}

/** Arrangements that were made before, the earliest first: to look away must not cost one. */
const kept = new Map<string, Float32Array>()
const mostKept = 6

function keep(key: string, layout: Float32Array): void {
  kept.set(key, layout)
  for (const earliest of kept.keys()) {
    if (kept.size <= mostKept) return
    kept.delete(earliest)
  }
}

/** UMAP in a worker of its own, which ends with the component that asked. */
export function useUmapLayout(): UmapWork {
  const state: ShallowRef<UmapState> = shallowRef<UmapState>({ phase: 'idle' })
  let worker: Worker | null = null

  function end(): void {
    worker?.terminate()
    worker = null
  }

  function apply(key: string, answer: UmapAnswer): void {
    if (answer.type === 'progress') {
      const before = state.value.phase === 'working' ? state.value : null
      const isSameStage = before?.progress?.stage === answer.progress.stage
      const stageSince = isSameStage ? before.stageSince : performance.now()
      state.value = { phase: 'working', progress: answer.progress, stageSince }
      return
    }
    end()
    if (answer.type === 'failed') {
      state.value = { phase: 'failed', message: `The images could not be arranged: ${answer.message}.` }
      return
    }
    keep(key, answer.layout)
    state.value = { phase: 'ready', layout: answer.layout, key }
  }

  function start(key: string, request: () => UmapRequest): void {
    end()
    const layout = kept.get(key)
    if (layout !== undefined) {
      state.value = { phase: 'ready', layout, key }
      return
    }
    state.value = { phase: 'working', progress: null, stageSince: performance.now() }
    worker = new Worker(new URL('../maps/umap/umapWorker.ts', import.meta.url), { type: 'module' })
    worker.addEventListener('message', ({ data }: MessageEvent<UmapAnswer>) => apply(key, data))
    worker.addEventListener('error', ({ message }) => apply(key, { type: 'failed', message }))
    worker.postMessage(request())
  }

  function cancel(): void {
    end()
    state.value = { phase: 'idle' }
  }

  onScopeDispose(end)
  return { state, start, cancel }
}
