import { ref } from 'vue'
import { defineStore } from 'pinia'
import type { Router } from 'vue-router'

/** A window that isn't drawn has no frames to wait for. */
const longestWaitMs = 60

/** Resolves when what has changed so far is on the screen. */
function shown(): Promise<void> {
  return new Promise((resolve) => {
    const limit = setTimeout(resolve, longestWaitMs)
    requestAnimationFrame(() => {
      setTimeout(() => {
        clearTimeout(limit)
        resolve()
      })
    })
  })
}

/** The page that was asked for, until it is there. */
export const usePageTurn = defineStore('pageTurn', () => {
  const wanted = ref<string | null>(null)

  /**
   * Shows which page was asked for before that page is built: a large one takes several frames, and
   * a click wants its answer in the next.
   */
  function guide(router: Router): void {
    router.beforeEach(async (to, from) => {
      if (to.path === from.path) return
      wanted.value = to.path
      await shown()
    })
    router.afterEach(() => {
      wanted.value = null
    })
    router.onError(() => {
      wanted.value = null
    })
  }

  return { wanted, guide }
})
