import { shallowRef, watch, type ShallowRef } from 'vue'
import { loadPicture } from '../../maps/pictureCanvas'

export type PictureState =
  { phase: 'none' } | { phase: 'ready'; picture: HTMLImageElement } | { phase: 'failed'; message: string }

/** The picture at an address that changes; the old one stays until the new one is decoded. */
export function usePicture(url: () => string | null): ShallowRef<PictureState> {
  const state: ShallowRef<PictureState> = shallowRef<PictureState>({ phase: 'none' })
  watch(
    url,
    async (address) => {
      if (address === null) {
        state.value = { phase: 'none' }
        return
      }
      try {
        const picture = await loadPicture(address)
        if (url() === address) state.value = { phase: 'ready', picture }
      } catch {
        if (url() === address) state.value = { phase: 'failed', message: 'The picture cannot be shown.' }
      }
    },
    { immediate: true },
  )
  return state
}
