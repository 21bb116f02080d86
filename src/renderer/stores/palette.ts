import { computed, ref, shallowRef } from 'vue'
import { defineStore } from 'pinia'
import { useRouter } from 'vue-router'
import { pages } from '../components/pages'
import { runTitle } from '../components/runs/runWords'
import { invoke } from '../ipc/client'
import { matching, type PaletteEntry } from './paletteSearch'
import { useAppearance } from './appearance'
import { useDatasets } from './datasets'
import { useNotices } from './notices'
import { useRuns } from './runs'
import { useTrainForm } from './trainForm'

const shownEntries = 50

/** Everything that can be reached by typing a part of its name. */
export const usePalette = defineStore('palette', () => {
  const isOpen = ref(false)
  const query = ref('')
  const recent = shallowRef<readonly string[]>([])
  const router = useRouter()
  const appearance = useAppearance()
  const datasets = useDatasets()
  const runs = useRuns()
  const form = useTrainForm()
  const notices = useNotices()

  async function openRecent(path: string): Promise<void> {
    const answer = await invoke('recent.open', { path })
    if (!answer.ok) notices.failure(answer.error)
  }

  const go = (path: string) => () => void router.push(path)

  const entries = computed((): PaletteEntry[] => [
    ...pages.map(({ title, path }) => ({ title, kind: 'Page', act: go(path) })),
    { title: 'Settings', kind: 'Page', act: go('/settings') },
    {
      title: 'New training',
      kind: 'Action',
      act: () => {
        form.page = { show: 'form' }
        void router.push('/train')
      },
    },
    { title: 'Light theme', kind: 'Action', act: () => void appearance.change({ theme: 'light' }) },
    { title: 'Dark theme', kind: 'Action', act: () => void appearance.change({ theme: 'dark' }) },
    { title: 'Theme as the system', kind: 'Action', act: () => void appearance.change({ theme: 'system' }) },
    ...recent.value.map((path) => ({ title: path, kind: 'Recent', act: () => void openRecent(path) })),
    ...datasets.list.map((dataset) => ({
      title: dataset.name,
      kind: 'Dataset',
      act: () => {
        datasets.selectedId = dataset.id
        void router.push('/data')
      },
    })),
    ...runs.list.map((run) => ({
      title: runTitle(run),
      kind: 'Run',
      act: go(`/runs/${encodeURIComponent(run.record.id)}`),
    })),
  ])

  const found = computed(() => matching(entries.value, query.value).slice(0, shownEntries))

  async function open(): Promise<void> {
    query.value = ''
    isOpen.value = true
    const answer = await invoke('recent.list', {})
    if (answer.ok) recent.value = answer.value.paths
  }

  return { isOpen, query, found, open }
})
