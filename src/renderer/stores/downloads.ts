import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import { webAddressSchema, type DownloadState } from '@shared/contract/records'
import { publishedDatasets, type PublishedDataset } from '@shared/datasets/catalogue'
import type { Failure } from '@shared/errors'
import { invoke } from '../ipc/client'
import { useAppearance } from './appearance'
import { useNotices } from './notices'

/** A dataset of the catalogue with what there is of its archive. */
export interface OfferedDataset extends PublishedDataset {
  state: DownloadState
}

/** Share of an archive that is there, from 0 to 1; the catalogue's size may be a little off. */
export function haveShare({ state, aboutBytes }: OfferedDataset): number {
  return state.isWhole ? 1 : Math.min(0.99, state.haveBytes / aboutBytes)
}

/** Datasets that the app can fetch by itself. */
export const useDownloads = defineStore('downloads', () => {
  const notices = useNotices()
  const appearance = useAppearance()
  /** Whether the dialog is open. */
  const isOpen = shallowRef(false)
  const address = shallowRef('')
  const states = shallowRef<readonly DownloadState[]>([])

  const offered = computed((): OfferedDataset[] =>
    publishedDatasets.flatMap((dataset) => {
      const state = states.value.find(({ id }) => id === dataset.id)
      return state === undefined ? [] : [{ ...dataset, state }]
    }),
  )

  async function load(): Promise<void> {
    const answer = await invoke('datasets.downloads', {})
    if (!answer.ok) return notices.failure(answer.error)
    address.value = answer.value.address
    states.value = answer.value.downloads
  }

  async function start(id: string, imageSize: number): Promise<Failure | null> {
    const answer = await invoke('datasets.download', { id, imageSize })
    return answer.ok ? null : answer.error
  }

  async function remove(id: string): Promise<void> {
    const answer = await invoke('datasets.removeDownload', { id })
    if (!answer.ok) notices.failure(answer.error)
    await load()
  }

  /** Empty for the publisher's own address. Gives what is wrong with it, without a subject: "must be …". */
  async function chooseAddress(typed: string): Promise<string | null> {
    const downloadAddress = typed.trim() === '' ? undefined : typed.trim()
    const checked = webAddressSchema.optional().safeParse(downloadAddress)
    if (!checked.success) return checked.error.issues[0]?.message ?? 'is no address'
    const failure = await appearance.keep({ downloadAddress })
    if (failure !== null) return `could not be kept: ${failure.message}`
    await load()
    return null
  }

  return { isOpen, address, offered, load, start, remove, chooseAddress }
})
