import { defineStore } from 'pinia'
import { computed, reactive, shallowReactive, shallowRef, watch } from 'vue'
import { watchDebounced } from '@vueuse/core'
import type { CheckpointRef, Fusion, ImageRef, ImageReport, ModelInfo } from '@shared/contract/records'
import type { ColourMapName } from '@shared/colour/colourMaps'
import { gridSide } from '@shared/model/size'
import type { FloatArray } from '../ipc/artifacts'
import { invoke } from '../ipc/client'
import { askArray } from '../ipc/inspectArrays'
import type { HeadChoice } from '../maps/tokenMaps'
import { shownValue, useLatestAnswer, type Loadable } from './loadable'
import { useNotices } from './notices'

/** An image of the strip; records of a dataset come with their raw pixels. */
export interface StripImage {
  key: string
  ref: ImageRef
  name: string
  raw: { url: string; side: number } | null
}

export interface MapChoices {
  method: 'attention' | 'rollout'
  layer: number
  head: HeadChoice
  /** Token whose view is shown; 0 is the class token. */
  query: number
  fusion: Fusion
  residual: boolean
  discard: number
  opacity: number
  nearest: boolean
  colours: ColourMapName
}

const reportIdle: Loadable<ImageReport> = { phase: 'idle' }

export const useInspection = defineStore('inspection', () => {
  const notices = useNotices()
  const checkpoint = shallowRef<CheckpointRef | null>(null)
  const model = useLatestAnswer<ModelInfo>()
  const images = shallowRef<readonly StripImage[]>([])
  const selectedKey = shallowRef<string | null>(null)
  const reports = shallowReactive(new Map<string, Loadable<ImageReport>>())
  const attention = useLatestAnswer<FloatArray>()
  const rollout = useLatestAnswer<FloatArray>()
  const choices = reactive<MapChoices>({
    method: 'attention',
    layer: 0,
    head: 'mean',
    query: 0,
    fusion: 'mean',
    residual: true,
    discard: 0,
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
    reports.clear()
    attention.clear()
    rollout.clear()
    if (asked === null) return model.clear()
    await model.ask(() => invoke('inspect.model', { checkpoint: asked }))
    if (model.state.value.phase === 'failed') notices.failure(model.state.value.failure)
    if (model.state.value.phase !== 'ready') return
    const { sizes } = model.state.value.value
    choices.layer = sizes.depth - 1
    choices.head = 'mean'
    choices.query = 0
    void loadReports()
    askMaps()
  }

  function question() {
    if (checkpoint.value === null || selected.value === null || model.state.value.phase !== 'ready') return null
    return { checkpoint: checkpoint.value, image: selected.value.ref, query: choices.query }
  }

  function askMaps(): void {
    const asked = question()
    if (asked === null) {
      attention.clear()
      rollout.clear()
      return
    }
    void attention.ask(() => askArray('inspect.attention', asked))
    askRollout()
  }

  function askRollout(): void {
    const asked = question()
    if (asked === null || choices.method !== 'rollout') return
    const { fusion, residual, discard } = choices
    void rollout.ask(() => askArray('inspect.rollout', { ...asked, fusion, residual, discard }))
  }

  watch(checkpoint, () => void loadModel())
  watch(selectedKey, () => {
    choices.query = 0
    void loadReports()
    askMaps()
  })
  watch(
    () => choices.query,
    () => askMaps(),
  )
  watchDebounced(
    () => [choices.method, choices.fusion, choices.residual, choices.discard],
    () => askRollout(),
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
    attention: attention.state,
    rollout: rollout.state,
    choices,
    choose,
    addImages,
    addFiles,
    removeImage,
    /** After the inspection engine was started again. */
    askAgain: () => void loadModel(),
  }
})
