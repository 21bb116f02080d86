import { defineStore } from 'pinia'
import { computed, onScopeDispose, shallowRef, watchEffect } from 'vue'

/** What the title bar names beside the page: dataset, model, run. */
export const usePageContext = defineStore('pageContext', () => {
  const given = shallowRef<readonly (string | null)[]>([])
  const parts = computed(() => given.value.filter((part) => part !== null && part !== ''))
  return { given, parts }
})

/** A page says what it is about; leaving the page clears it, unless the next page has spoken already. */
export function provideContext(parts: () => (string | null)[]): void {
  const context = usePageContext()
  let mine: readonly (string | null)[] = []
  watchEffect(() => {
    mine = parts()
    context.given = mine
  })
  onScopeDispose(() => {
    if (context.given === mine) context.given = []
  })
}
