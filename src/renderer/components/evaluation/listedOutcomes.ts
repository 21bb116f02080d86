import { watch, type Ref } from 'vue'
import type { ListedOutcome } from './listedOutcome'

/** What each way of listing images of an evaluation is given. */
export interface ListedOutcomes {
  total: number
  at: (position: number) => ListedOutcome
}

/** What it tells. */
export interface ListedOutcomeEvents {
  need: [from: number, to: number]
  open: [outcome: ListedOutcome]
  menu: [outcome: ListedOutcome, x: number, y: number]
}

/** Asks for what can be seen, and goes back to the top when another list is shown. */
export function useListedOutcomes(
  props: ListedOutcomes,
  scroller: Ref<HTMLElement | null>,
  range: Ref<{ from: number; to: number }>,
  need: (from: number, to: number) => void,
): void {
  watch([range, () => props.at], () => need(range.value.from, range.value.to), { immediate: true })
  watch(
    () => props.at,
    () => scroller.value?.scrollTo({ top: 0 }),
  )
}

/** The lower left corner of what was clicked, where its menu opens; null for what is no element. */
export function menuPlace({ currentTarget }: MouseEvent): { x: number; y: number } | null {
  if (!(currentTarget instanceof HTMLElement)) return null
  const { left, bottom } = currentTarget.getBoundingClientRect()
  return { x: left, y: bottom }
}
