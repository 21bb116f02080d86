import { defineStore } from 'pinia'
import { computed, markRaw, ref, shallowRef, watch } from 'vue'
import { watchDebounced } from '@vueuse/core'
import type { MapMethod, MapRecipe } from '@shared/contract/mapRecipe'
import type { CheckpointRef, ImageReport, ModelInfo } from '@shared/contract/records'
import { prefixTokenCount } from '@shared/model/size'
import { invoke } from '../ipc/client'
import { differenceMap, linkedQuery, linkedRecipe, missingForRecipe } from '../maps/linkedModels'
import { useInspection } from './inspection'
import { shownValue, useLatestAnswer } from './loadable'
import { useModelMaps } from './modelMaps'

/** A second model that is looked at beside the first: on the same image, with the same choices. */
export const useComparison = defineStore('comparison', () => {
  const inspection = useInspection()
  const isOpen = ref(false)
  const checkpoint = shallowRef<CheckpointRef | null>(null)
  const model = useLatestAnswer<ModelInfo>()
  const report = useLatestAnswer<ImageReport>()

  const info = computed(() => shownValue(model.state.value))
  const query = computed((): number | null => {
    if (inspection.info === null || info.value === null) return null
    return linkedQuery(inspection.choices.query, inspection.info.sizes, info.value.sizes)
  })
  const prefixTokens = computed(() => (info.value === null ? 1 : prefixTokenCount(info.value.sizes)))

  function recipeFor(method: MapMethod): MapRecipe {
    const recipe = inspection.recipeFor(method)
    return inspection.info === null || info.value === null ? recipe : linkedRecipe(recipe, inspection.info, info.value)
  }

  /** Why there is no map of this model, where the choices ask for something that it lacks. */
  const missing = computed((): string | null => {
    if (info.value === null) return null
    if (query.value === null) return 'This model has no such token: choose a patch.'
    return missingForRecipe(recipeFor(inspection.choices.method), info.value)
  })

  const maps = useModelMaps({
    question: () => {
      const { selected } = inspection
      if (!isOpen.value || checkpoint.value === null || selected === null || query.value === null) return null
      if (model.state.value.phase !== 'ready' || missing.value !== null) return null
      return { checkpoint: checkpoint.value, image: selected.ref, query: query.value }
    },
    recipeFor,
    shownMethods: () => [inspection.choices.method],
    prefixTokens: () => prefixTokens.value,
  })

  /** What the second model's map has more (or less) than the first's; null until both are there. */
  const difference = computed(() => {
    const { method } = inspection.choices
    const first = inspection.maps.mapOf(method)
    const second = missing.value === null ? maps.mapOf(method) : null
    return first === null || second === null ? null : differenceMap(first, second)
  })

  function open(ref: CheckpointRef | null): void {
    isOpen.value = true
    checkpoint.value = ref
  }

  function close(): void {
    isOpen.value = false
    checkpoint.value = null
  }

  async function loadModel(): Promise<void> {
    const asked = checkpoint.value
    if (asked === null) {
      model.clear()
      report.clear()
      return maps.clear()
    }
    await model.ask(() => invoke('inspect.model', { checkpoint: asked }))
  }

  function askReport(): void {
    const { selected } = inspection
    const asked = checkpoint.value
    if (asked === null || selected === null || model.state.value.phase !== 'ready') return report.clear()
    void report.ask(() => invoke('inspect.image', { checkpoint: asked, image: selected.ref }))
  }

  watch(checkpoint, () => void loadModel())
  watch(
    () => [model.state.value.phase, inspection.selected],
    () => {
      if (model.state.value.phase !== 'loading') askReport()
    },
  )
  watch(
    () => [model.state.value.phase, inspection.selected, query.value, missing.value],
    () => {
      if (model.state.value.phase !== 'loading') maps.ask()
    },
  )
  watchDebounced(
    () => {
      const { method, fusion, residual, discard, classIndex } = inspection.choices
      return [method, fusion, residual, discard, classIndex]
    },
    () => maps.askComputed(),
    { debounce: 150 },
  )

  return {
    isOpen,
    checkpoint,
    modelState: model.state,
    info,
    report: report.state,
    query,
    missing,
    prefixTokens,
    maps: markRaw(maps),
    difference,
    open,
    close,
    /** After the inspection engine was started again. */
    askAgain: () => void loadModel(),
  }
})
