import { watch } from 'vue'
import type { SavedKind, WindowExport } from '@shared/contract/exportRoutes'
import { invoke } from '../ipc/client'
import { isActive } from '../stores/jobList'
import { useJobs } from '../stores/jobs'
import { useNotices } from '../stores/notices'

/** Saving where a dialog says, and telling the person what became of it. */
export function useSaving() {
  const notices = useNotices()
  const jobs = useJobs()

  async function save(name: string, kind: SavedKind, content: string | Uint8Array<ArrayBuffer>): Promise<void> {
    const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content
    const answer = await invoke('files.save', { name, kind, bytes })
    if (!answer.ok) notices.failure(answer.error)
    else if (answer.value.path !== null) notices.success(`Saved as ${answer.value.path}`)
  }

  /** An engine writes it; the job bar shows how far it is, and why it failed. */
  async function start(subject: WindowExport): Promise<void> {
    const answer = await invoke('exports.start', { subject })
    if (!answer.ok) notices.failure(answer.error)
    else if (answer.value.started !== null) tellEnd(answer.value.started)
  }

  function tellEnd({ jobId, path }: { jobId: string; path: string }): void {
    const job = () => jobs.jobs.find(({ id }) => id === jobId)
    const watching = watch(
      job,
      (current) => {
        // Its first event may come after the answer.
        if (current === undefined || isActive(current)) return
        if (current.phase === 'finished') notices.success(`Saved: ${path}`)
        queueMicrotask(() => watching.stop())
      },
      { immediate: true },
    )
  }

  return { save, start }
}
