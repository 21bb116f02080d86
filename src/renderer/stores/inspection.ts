import { defineStore } from 'pinia'
import { computed, reactive, shallowReactive, shallowRef, watch } from 'vue'
import { watchDebounced } from '@vueuse/core'
import type { VitSizes } from '@shared/config/modelConfig'
import type { FusionChoice, MapMethod, MapRecipe } from '@shared/contract/mapRecipe'
import type { CheckpointRef, ImageRef, ImageReport, ModelInfo } from '@shared/contract/records'
import type { ColourMapName } from '@shared/colour/colourMaps'
import { gridSide, hasClassToken, prefixTokenCount } from '@shared/model/size'
import type { FloatArray } from '../ipc/artifacts'
import { invoke } from '../ipc/client'
import { askArray } from '../ipc/inspectArrays'
import { tokenAt } from '../maps/tokenMaps'
import { shownValue, useLatestAnswer, type Loadable } from './loadable'
import { useLongAnswer } from './longAnswer'
import { useNotices } from './notices'

/** An image of the strip; records of a dataset come with their raw pixels. */
export interface StripImage {
  key: string
  ref: ImageRef
  name: string
  raw: { url: string; side: number } | null
}

/** The methods that the engine is asked for; a layer's own attention is at hand already. */
export type ComputedMethod = Exclude<MapMethod, 'attention'>

export interface MapChoices {
  method: MapMethod
  /** The method that is shown beside the first, with the same choices. */
  beside: MapMethod | null
  layer: number
  fusion: FusionChoice
  /** Token whose view is shown. */
  query: number
  residual: boolean
  discard: number
  /** Class whose gradient is taken; null for the predicted one. */
  classIndex: number | null
  /** Colours over the image, or the image lit by the map. */
  display: 'overlay' | 'mask'
  opacity: number
  nearest: boolean
  colours: ColourMapName
}

const reportIdle: Loadable<ImageReport> = { phase: 'idle' }

/** Token whose view is shown first: the class token, or the patch in the middle. */
function firstQuery(sizes: VitSizes): number {
  if (hasClassToken(sizes)) return 0
  const side = gridSide(sizes)
  const middle = Math.floor(side / 2)
  return tokenAt({ row: middle, column: middle }, side, prefixTokenCount(sizes))
}

export const useInspection = defineStore('inspection', () => {
  const notices = useNotices()
  const checkpoint = shallowRef<CheckpointRef | null>(null)
  const model = useLatestAnswer<ModelInfo>()
  const images = shallowRef<readonly StripImage[]>([])
  const selectedKey = shallowRef<string | null>(null)
  const reports = shallowReactive(new Map<string, Loadable<ImageReport>>())
  const attention = useLatestAnswer<FloatArray>()
  const computedMaps = {
    rollout: useLongAnswer<FloatArray>(),
    gradient: useLongAnswer<FloatArray>(),
    flow: useLongAnswer<FloatArray>(),
  }
  const choices = reactive<MapChoices>({
    method: 'attention',
    beside: null,
    layer: 0,
    fusion: 'mean',
    query: 0,
    residual: true,
    discard: 0,
    classIndex: null,
    display: 'overlay',
    opacity: 0.6,
    nearest: false,
    colours: 'viridis',
  })

  const info = computed(() => shownValue(model.state.value))
  const selected = computed(() => images.value.find((image) => image.key === selectedKey.value) ?? null)
  const report = computed(() =>
    selectedKey.value === null ? reportIdle : (reports.get(selectedKey.value) ?? reportIdle),
  )
  const side = computed(() => (info.value === null ? 0 : gridSide(info.value.sizes)))
  const prefixTokens = computed(() => (info.value === null ? 1 : prefixTokenCount(info.value.sizes)))
  const defaultQuery = computed(() => (info.value === null ? 0 : firstQuery(info.value.sizes)))

  function choose(ref: CheckpointRef): void {
    checkpoint.value = ref
  }

  function addImages(added: readonly StripImage[]): void {
    const known = new Set(images.value.map((image) => image.key))
    images.value = [...images.value, ...added.filter((image) => !known.has(image.key))]
    const first = added.at(0)
    if (first !== undefined) selectedKey.value = first.key
  }

  function addFiles(paths: readonly string[]): void {
    addImages(
      paths.map((path) => ({
        key: path,
        ref: { from: 'file', path },
        name: path.split(/[\\/]/).at(-1) ?? path,
        raw: null,
      })),
    )
  }

  function removeImage(key: string): void {
    const index = images.value.findIndex((image) => image.key === key)
    images.value = images.value.filter((image) => image.key !== key)
    reports.delete(key)
    if (selectedKey.value === key) {
      selectedKey.value = images.value.at(Math.min(index, images.value.length - 1))?.key ?? null
    }
  }

  async function loadReport(image: StripImage): Promise<void> {
    const asked = checkpoint.value
    if (asked === null || reports.has(image.key)) return
    reports.set(image.key, { phase: 'loading', previous: null })
    const answer = await invoke('inspect.image', { checkpoint: asked, image: image.ref })
    if (checkpoint.value !== asked) return
    reports.set(
      image.key,
      answer.ok ? { phase: 'ready', value: answer.value } : { phase: 'failed', failure: answer.error },
    )
  }

  /** The selected image first, then the pictures of the other files, one after another. */
  async function loadReports(): Promise<void> {
    if (selected.value !== null) await loadReport(selected.value)
    for (const image of images.value) if (image.raw === null) await loadReport(image)
  }

  async function loadModel(): Promise<void> {
    const asked = checkpoint.value
    const before = info.value?.sizes
    reports.clear()
    if (asked === null) {
      clearMaps()
      return model.clear()
    }
    await model.ask(() => invoke('inspect.model', { checkpoint: asked }))
    if (model.state.value.phase === 'failed') notices.failure(model.state.value.failure)
    if (model.state.value.phase !== 'ready') return
    const { sizes } = model.state.value.value
    // Another epoch of the same model is looked at in the same place.
    if (before === undefined || JSON.stringify(before) !== JSON.stringify(sizes)) {
      clearMaps()
      choices.layer = sizes.depth - 1
      choices.fusion = 'mean'
      choices.query = firstQuery(sizes)
      choices.classIndex = null
    }
    void loadReports()
    askMaps()
  }

  function clearMaps(): void {
    attention.clear()
    for (const map of Object.values(computedMaps)) map.clear()
  }

  function question() {
    if (checkpoint.value === null || selected.value === null || model.state.value.phase !== 'ready') return null
    return { checkpoint: checkpoint.value, image: selected.value.ref, query: choices.query }
  }

  function recipeFor(method: MapMethod): MapRecipe {
    const { layer, fusion, residual, discard, classIndex } = choices
    return { method, layer, fusion, residual, discard, classIndex }
  }

  function askMaps(): void {
    const asked = question()
    if (asked === null) return clearMaps()
    void attention.ask(() => askArray('inspect.attention', asked))
    askComputed()
  }

  /** Only what is shown: a flow may take long. */
  function askComputed(): void {
    const asked = question()
    if (asked === null) return
    for (const method of ['rollout', 'gradient', 'flow'] as const) {
      const map = computedMaps[method]
      if (choices.method !== method && choices.beside !== method) map.clear()
      else void map.ask((request) => askArray('inspect.map', { ...asked, recipe: recipeFor(method), request }))
    }
  }

  watch(checkpoint, () => void loadModel())
  watch(selectedKey, () => {
    choices.query = defaultQuery.value
    void loadReports()
    askMaps()
  })
  watch(
    () => choices.query,
    () => askMaps(),
  )
  watchDebounced(
    () => [choices.method, choices.beside, choices.fusion, choices.residual, choices.discard, choices.classIndex],
    () => askComputed(),
    { debounce: 150 },
  )

  return {
    checkpoint,
    modelState: model.state,
    info,
    images,
    selectedKey,
    selected,
    reports,
    report,
    side,
    prefixTokens,
    defaultQuery,
    attention: attention.state,
    rollout: computedMaps.rollout.state,
    gradient: computedMaps.gradient.state,
    flow: computedMaps.flow.state,
    progressOf: (method: ComputedMethod) => computedMaps[method].progress.value,
    cancelMap: (method: ComputedMethod) => computedMaps[method].cancel(),
    choices,
    recipeFor,
    choose,
    addImages,
    addFiles,
    removeImage,
    loadReport,
    /** After the inspection engine was started again. */
    askAgain: () => void loadModel(),
  }
})
