import { defineStore } from 'pinia'
import { computed, shallowReactive, shallowRef, type ComputedRef } from 'vue'
import type { Progress } from '@shared/contract/engineMessages'
import type { Result } from '@shared/errors'
import { invoke } from '../ipc/client'
import { useLatestAnswer, type LatestAnswer } from './loadable'

/** How far the long questions have come that are under way, by their names. */
export const useQuestionProgress = defineStore('questionProgress', () => {
  const byRequest = shallowReactive(new Map<string, Progress>())
  return {
    byRequest,
    apply: (request: string, progress: Progress) => void byRequest.set(request, progress),
    forget: (request: string) => void byRequest.delete(request),
  }
})

export interface LongAnswer<T> extends Pick<LatestAnswer<T>, 'state' | 'clear'> {
  /** Asks under a fresh name and calls an earlier question off. */
  ask(question: (request: string) => Promise<Result<T>>): Promise<void>
  progress: ComputedRef<Progress | null>
  /** Calls the question off; what was there before is gone too. */
  cancel(): void
}

let asked = 0

/** An answer that takes long enough to be followed and called off. */
export function useLongAnswer<T>(): LongAnswer<T> {
  const answer = useLatestAnswer<T>()
  const progress = useQuestionProgress()
  const request = shallowRef<string | null>(null)

  function callOff(): void {
    if (request.value !== null) void invoke('inspect.cancel', { request: request.value })
    request.value = null
  }

  async function ask(question: (request: string) => Promise<Result<T>>): Promise<void> {
    callOff()
    asked += 1
    const name = `question ${asked}`
    request.value = name
    await answer.ask(() => question(name))
    progress.forget(name)
    if (request.value === name) request.value = null
  }

  function clear(): void {
    callOff()
    answer.clear()
  }

  return {
    state: answer.state,
    ask,
    clear,
    cancel: clear,
    progress: computed(() => (request.value === null ? null : (progress.byRequest.get(request.value) ?? null))),
  }
}
