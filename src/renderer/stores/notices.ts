import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import type { Failure } from '@shared/errors'

export interface Notice {
  id: number
  tone: 'info' | 'success' | 'error'
  message: string
}

/** Short messages for the person; the frame shows each once. */
export const useNotices = defineStore('notices', () => {
  const latest = shallowRef<Notice | null>(null)
  let count = 0

  function show(tone: Notice['tone'], message: string): void {
    count += 1
    latest.value = { id: count, tone, message }
  }

  return {
    latest,
    info: (message: string) => show('info', message),
    success: (message: string) => show('success', message),
    failure: (failure: Failure) => show('error', failure.message),
  }
})
