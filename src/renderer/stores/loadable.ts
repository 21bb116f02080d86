import { shallowRef, type ShallowRef } from 'vue'
import type { Failure, Result } from '@shared/errors'

/** An answer that is asked for; while a new one is on its way the previous one stays, so nothing jumps. */
export type Loadable<T> =
  | { phase: 'idle' }
  | { phase: 'loading'; previous: T | null }
  | { phase: 'ready'; value: T }
  | { phase: 'failed'; failure: Failure }

/** What can be shown now: the value, or the previous one while loading. */
export function shownValue<T>(state: Loadable<T>): T | null {
  if (state.phase === 'ready') return state.value
  return state.phase === 'loading' ? state.previous : null
}

/** The sentence of the first answer that has failed; null where none has. */
export function firstFailure(states: readonly Loadable<unknown>[]): string | null {
  for (const state of states) if (state.phase === 'failed') return state.failure.message
  return null
}

export interface LatestAnswer<T> {
  state: ShallowRef<Loadable<T>>
  /** Asks; an answer that is overtaken by a later question is dropped. */
  ask(question: () => Promise<Result<T>>): Promise<void>
  clear(): void
}

export function useLatestAnswer<T>(): LatestAnswer<T> {
  const state: ShallowRef<Loadable<T>> = shallowRef<Loadable<T>>({ phase: 'idle' })
  let asked = 0

  async function ask(question: () => Promise<Result<T>>): Promise<void> {
    asked += 1
    const number = asked
    state.value = { phase: 'loading', previous: shownValue(state.value) }
    const answer = await question()
    if (number !== asked) return
    state.value = answer.ok ? { phase: 'ready', value: answer.value } : { phase: 'failed', failure: answer.error }
  }

  function clear(): void {
    asked += 1
    state.value = { phase: 'idle' }
  }

  return { state, ask, clear }
}
