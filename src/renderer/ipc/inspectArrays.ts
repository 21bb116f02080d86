import type { WindowInput } from '@shared/contract/windowRoutes'
import type { Result } from '@shared/errors'
import { fetchFloatArray, type FloatArray } from './artifacts'
import { invoke } from './client'

type ArrayRoute = 'inspect.attention' | 'inspect.rollout' | 'inspect.positions'

/** Asks the inspection engine and fetches the array that it wrote. */
export async function askArray<R extends ArrayRoute>(route: R, input: WindowInput<R>): Promise<Result<FloatArray>> {
  const answer = await invoke<ArrayRoute>(route, input)
  return answer.ok ? fetchFloatArray(answer.value) : answer
}

export interface FilterComponents {
  /** `[count, side, side, 3]` */
  components: FloatArray
  explainedVariance: number[]
}

export async function askFilters(input: WindowInput<'inspect.filters'>): Promise<Result<FilterComponents>> {
  const answer = await invoke('inspect.filters', input)
  if (!answer.ok) return answer
  const components = await fetchFloatArray(answer.value.components)
  if (!components.ok) return components
  return {
    ok: true,
    value: { components: components.value, explainedVariance: answer.value.explainedVariance },
  }
}
