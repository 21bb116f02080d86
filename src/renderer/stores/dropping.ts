import { useEventListener } from '@vueuse/core'
import { ref, type Ref } from 'vue'
import { useRouter } from 'vue-router'
import { parseRunConfig, problemSentence } from '@shared/config/runConfig'
import type { WindowOutput } from '@shared/contract/windowRoutes'
import { pathOf } from '../ipc/bridge'
import { invoke } from '../ipc/client'
import { useDatasets } from './datasets'
import { useInspection } from './inspection'
import { useNotices } from './notices'
import { useRuns } from './runs'
import { useTrainForm } from './trainForm'

type DroppedKind = WindowOutput<'files.classify'>['kind']

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

function configOfText(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** Takes drops on the whole window and does the likely thing with them. */
export function useDropping(): { hint: Ref<DropHint> } {
  const hint = ref<DropHint>(null)
  const router = useRouter()
  const notices = useNotices()
  const datasets = useDatasets()
  const inspection = useInspection()
  const runs = useRuns()
  const form = useTrainForm()
  let depth = 0

  async function openConfig(file: File): Promise<void> {
    const parsed = parseRunConfig(configOfText(await file.text()))
    if (!parsed.ok) {
      const [first] = parsed.problems
      const why = first === undefined ? 'It cannot be read.' : problemSentence(first)
      return notices.failure({ kind: 'invalid-input', message: `${file.name} is no valid run configuration. ${why}` })
    }
    form.take(parsed.config)
    await router.push('/train')
  }

  async function openRun(path: string): Promise<void> {
    const run = runs.list.find((known) => known.folder === path)
    if (run !== undefined) await router.push(`/runs/${encodeURIComponent(run.record.id)}`)
    else notices.info('This run is not in Vitrine’s folder: drop one of its checkpoints to inspect it.')
  }

  async function openDataset(path: string): Promise<void> {
    if (datasets.byId(path) === null)
      return notices.info('This dataset is prepared already, but outside Vitrine’s folder.')
    datasets.selectedId = path
    await router.push('/data')
  }

  async function take(kind: DroppedKind, path: string, file: File): Promise<void> {
    switch (kind) {
      case 'folder':
      case 'archive':
        datasets.preparing = { source: path }
        await router.push('/data')
        return
      case 'image':
        inspection.addFiles([path])
        await router.push('/inspect')
        return
      case 'checkpoint':
        inspection.choose({ from: 'file', path })
        await router.push('/inspect')
        return
      case 'config':
        return openConfig(file)
      case 'run':
        return openRun(path)
      case 'dataset':
        return openDataset(path)
      case 'unknown':
        notices.info(`${file.name} is neither a folder of images, an image, a checkpoint nor a run configuration.`)
    }
  }

  async function drop(files: readonly File[]): Promise<void> {
    for (const file of files) {
      const path = pathOf(file)
      if (path === '') continue
      const answer = await invoke('files.classify', { path })
      if (answer.ok) await take(answer.value.kind, path, file)
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
