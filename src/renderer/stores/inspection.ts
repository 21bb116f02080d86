import { defineStore } from 'pinia'
import { computed, markRaw, reactive, shallowReactive, shallowRef, watch } from 'vue'
import { watchDebounced } from '@vueuse/core'
import type { VitSizes } from '@shared/config/modelConfig'
import type { FusionChoice, MapMethod, MapRecipe } from '@shared/contract/mapRecipe'
import type { CheckpointRef, ImageRef, ImageReport, ModelInfo } from '@shared/contract/records'
import type { ColourMapName } from '@shared/colour/colourMaps'
import { gridSide, hasClassToken, prefixTokenCount } from '@shared/model/size'
import { invoke } from '../ipc/client'
import { linkedQuery } from '../maps/linkedModels'
import { tokenAt } from '../maps/tokenMaps'
import { shownValue, useLatestAnswer, type Loadable } from './loadable'
import { useModelMaps } from './modelMaps'
import { useNotices } from './notices'

/** An image of the strip; records of a dataset come with their raw pixels. */
export interface StripImage {
  key: string
  ref: ImageRef
  name: string
  raw: { url: string; side: number } | null
}

/** How a map is laid over its picture. */
export interface MapLook {
  /** Colours over the image, or the image lit by the map. */
  display: 'overlay' | 'mask'
  opacity: number
  nearest: boolean
  colours: ColourMapName
}

export interface MapChoices extends MapLook {
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
  const look = computed((): MapLook => {
    const { display, opacity, nearest, colours } = choices
    return { display, opacity, nearest, colours }
  })
  const maps = useModelMaps({
    question: () => {
      if (checkpoint.value === null || selected.value === null || model.state.value.phase !== 'ready') return null
      return { checkpoint: checkpoint.value, image: selected.value.ref, query: choices.query }
    },
    recipeFor,
    shownMethods: () => (choices.beside === null ? [choices.method] : [choices.method, choices.beside]),
    prefixTokens: () => prefixTokens.value,
  })

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
    const known = reports.get(image.key) ?? reportIdle
    if (asked === null || known.phase === 'ready' || known.phase === 'failed') return
    reports.set(image.key, { phase: 'loading', previous: shownValue(known) })
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
    // What another checkpoint said of the images stays until this one has spoken, so that nothing jumps.
    for (const [key, report] of reports) reports.set(key, { phase: 'loading', previous: shownValue(report) })
    if (asked === null) {
      reports.clear()
      maps.clear()
      return model.clear()
    }
    await model.ask(() => invoke('inspect.model', { checkpoint: asked }))
    if (model.state.value.phase === 'failed') notices.failure(model.state.value.failure)
    if (model.state.value.phase !== 'ready') return
    const { sizes } = model.state.value.value
    // Another epoch of the same model is looked at in the same place.
    if (before === undefined || JSON.stringify(before) !== JSON.stringify(sizes)) lookAt(sizes, before)
    void loadReports()
    maps.ask()
  }

  /** The same place in a model of other sizes, as far as it has it. */
  function lookAt(sizes: VitSizes, before: VitSizes | undefined): void {
    maps.clear()
    choices.query = (before === undefined ? null : linkedQuery(choices.query, before, sizes)) ?? firstQuery(sizes)
    if (before?.numClasses !== sizes.numClasses) choices.classIndex = null
    if (before?.depth === sizes.depth && before.numHeads === sizes.numHeads) return
    choices.layer = sizes.depth - 1
    choices.fusion = 'mean'
  }

  function recipeFor(method: MapMethod): MapRecipe {
    const { layer, fusion, residual, discard, classIndex } = choices
    return { method, layer, fusion, residual, discard, classIndex }
  }

  watch(checkpoint, () => void loadModel())
  watch(selectedKey, () => {
    choices.query = defaultQuery.value
    void loadReports()
    maps.ask()
  })
  watch(
    () => choices.query,
    () => maps.ask(),
  )
  watchDebounced(
    () => [choices.method, choices.beside, choices.fusion, choices.residual, choices.discard, choices.classIndex],
    () => maps.askComputed(),
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
    attention: maps.attention,
    maps: markRaw(maps),
    look,
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
