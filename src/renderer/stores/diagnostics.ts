import { invoke } from '../ipc/client'
import { useNotices } from './notices'

/** Puts what a report of a fault needs into the clipboard. */
export function useDiagnostics(): { copy: () => Promise<void> } {
  const notices = useNotices()
  return {
    async copy() {
      const answer = await invoke('app.diagnostics', {})
      if (!answer.ok) return notices.failure(answer.error)
      await navigator.clipboard.writeText(answer.value.text)
      notices.success('Versions, settings and the last lines of the log are in the clipboard.')
    },
  }
}
