import { useEventListener } from '@vueuse/core'
import { ref, type Ref } from 'vue'
import { pathOf } from '../ipc/bridge'
import { invoke } from '../ipc/client'
import { useNotices } from './notices'
import type { OpenedFile } from './openedFiles'

/** What the window says while something is dragged over it; null while nothing is. */
export type DropHint = { title: string; detail: string } | null

/** Before the drop only the media types are known, and only of files that the system knows. */
function hintFor(items: DataTransferItemList): DropHint {
  const files = [...items].filter((item) => item.kind === 'file')
  if (files.length === 0) return null
  if (files.every((item) => item.type.startsWith('image/'))) {
    return { title: files.length === 1 ? 'Inspect this image' : `Inspect these ${files.length} images`, detail: '' }
  }
  if (files.length === 1 && files[0]?.type === 'application/json') {
    return { title: 'Open this run configuration in Train', detail: '' }
  }
  if (files.length === 1 && /zip|tar\b/.test(files[0]?.type ?? '')) {
    return { title: 'Prepare the images of this archive', detail: '' }
  }
  return {
    title: 'Drop it here',
    detail: 'A folder of images goes to Data, an image or a checkpoint to Inspect, a run configuration to Train.',
  }
}

/** Takes drops on the whole window and does the likely thing with them. */
export function useDropping(open: (file: OpenedFile) => Promise<void>): { hint: Ref<DropHint> } {
  const hint = ref<DropHint>(null)
  const notices = useNotices()
  let depth = 0

  async function drop(files: readonly File[]): Promise<void> {
    for (const file of files) {
      const path = pathOf(file)
      if (path === '') continue
      const answer = await invoke('files.classify', { path })
      if (answer.ok) await open({ path, name: file.name, kind: answer.value.kind, readText: () => file.text() })
      else notices.failure(answer.error)
    }
  }

  useEventListener(window, 'dragenter', (event: DragEvent) => {
    depth += 1
    if (event.dataTransfer !== null) hint.value = hintFor(event.dataTransfer.items)
  })
  useEventListener(window, 'dragover', (event: DragEvent) => event.preventDefault())
  useEventListener(window, 'dragleave', () => {
    depth -= 1
    if (depth <= 0) hint.value = null
  })
  useEventListener(window, 'drop', (event: DragEvent) => {
    event.preventDefault()
    depth = 0
    hint.value = null
    void drop([...(event.dataTransfer?.files ?? [])])
  })

  return { hint }
}
