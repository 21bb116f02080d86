import { useRouter } from 'vue-router'
import { parseRunConfig, problemSentence } from '@shared/config/runConfig'
import type { WindowOutput } from '@shared/contract/windowRoutes'
import { invoke } from '../ipc/client'
import { useDatasets } from './datasets'
import { useInspection } from './inspection'
import { useNotices } from './notices'
import { useRuns } from './runs'
import { useTrainForm } from './trainForm'

type FileKind = WindowOutput<'files.classify'>['kind']

/** A file or folder that was dropped on the window or that the system asked to open. */
export interface OpenedFile {
  path: string
  /** Without its folder. */
  name: string
  kind: FileKind
  /** What is written in a run configuration. */
  readText: () => Promise<string>
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** Does the likely thing with files: shows each on the page that it belongs to. */
export function useOpenedFiles(): { open: (file: OpenedFile) => Promise<void>; openRequested: () => Promise<void> } {
  const router = useRouter()
  const notices = useNotices()
  const datasets = useDatasets()
  const inspection = useInspection()
  const runs = useRuns()
  const form = useTrainForm()

  async function openConfig(file: OpenedFile): Promise<void> {
    const parsed = parseRunConfig(parsedJson(await file.readText()))
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

  async function open(file: OpenedFile): Promise<void> {
    if (file.kind !== 'unknown') void invoke('recent.add', { path: file.path })
    switch (file.kind) {
      case 'folder':
      case 'archive':
        datasets.preparing = { source: file.path }
        await router.push('/data')
        return
      case 'image':
        inspection.addFiles([file.path])
        await router.push('/inspect')
        return
      case 'checkpoint':
        inspection.choose({ from: 'file', path: file.path })
        await router.push('/inspect')
        return
      case 'config':
        return openConfig(file)
      case 'run':
        return openRun(file.path)
      case 'dataset':
        return openDataset(file.path)
      case 'unknown':
        notices.info(`${file.name} is neither a folder of images, an image, a checkpoint nor a run configuration.`)
    }
  }

  /** Takes what the system asked to open, by a command line or the file manager. */
  async function openRequested(): Promise<void> {
    const answer = await invoke('files.requested', {})
    if (!answer.ok) return notices.failure(answer.error)
    for (const { path, kind, text } of answer.value.files) {
      const name = path.split(/[/\\]/).at(-1) ?? path
      await open({ path, name, kind, readText: () => Promise.resolve(text ?? '') })
    }
  }

  return { open, openRequested }
}
