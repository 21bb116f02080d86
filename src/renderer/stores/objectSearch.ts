import { computed, watch, type ComputedRef } from 'vue'
import type { LocalisationReport } from '@shared/contract/inspectRoutes'
import type { DatasetSummary } from '@shared/contract/records'
import { invoke } from '../ipc/client'
import { recipeMeaning } from '../maps/recipeMeaning'
import { useDatasets } from './datasets'
import { useInspection } from './inspection'
import { useLongAnswer, type LongAnswer } from './longAnswer'

/** How well the chosen method's maps find the objects of a dataset that keeps masks. */
export function useObjectSearch(): {
  answer: LongAnswer<LocalisationReport>
  /** The first dataset with masks; null where there is none. */
  dataset: ComputedRef<DatasetSummary | null>
  /** Looks through all its validation images. */
  search: () => void
} {
  const inspection = useInspection()
  const datasets = useDatasets()
  const answer = useLongAnswer<LocalisationReport>()
  const dataset = computed(() => datasets.list.find(({ manifest }) => manifest?.hasMasks === true) ?? null)

  // A score belongs to the model and the method that it was made for.
  watch([() => inspection.checkpoint, () => recipeMeaning(inspection.recipeFor(inspection.choices.method))], () =>
    answer.clear(),
  )

  function search(): void {
    const { checkpoint, choices } = inspection
    if (checkpoint === null || dataset.value === null) return
    const { id, manifest } = dataset.value
    const recipe = inspection.recipeFor(choices.method)
    const most = Math.max(1, manifest?.valCount ?? 1)
    void answer.ask((request) => invoke('inspect.localisation', { checkpoint, dataset: id, recipe, most, request }))
  }

  return { answer, dataset, search }
}
