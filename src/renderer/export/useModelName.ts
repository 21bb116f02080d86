import { computed, type ComputedRef } from 'vue'
import { useInspection } from '../stores/inspection'

/** What files about the model that is looked at are called after: its title, its epoch, and the image. */
export function useModelName(): ComputedRef<{ model: (string | null)[]; image: string | null }> {
  const inspection = useInspection()
  return computed(() => {
    const { info, selected } = inspection
    const epoch = info === null || info.epoch === null ? null : `epoch ${info.epoch}`
    return { model: [info?.title ?? null, epoch], image: selected?.name ?? null }
  })
}
