import { computed, type ShallowRef } from 'vue'
import type { Progress } from '@shared/contract/engineMessages'
import type { MapMethod, MapRecipe } from '@shared/contract/mapRecipe'
import type { CheckpointRef, ImageRef } from '@shared/contract/records'
import type { FloatArray } from '../ipc/artifacts'
import { askArray } from '../ipc/inspectArrays'
import { attentionRow, patchMap, type PatchMap } from '../maps/tokenMaps'
import { shownValue, useLatestAnswer, type Loadable } from './loadable'
import { useLongAnswer } from './longAnswer'

/** The methods that the engine is asked for; a layer's own attention is at hand already. */
export type ComputedMethod = Exclude<MapMethod, 'attention'>

interface MapQuestion {
  checkpoint: CheckpointRef
  image: ImageRef
  query: number
}

/** One model's maps of one image. */
export interface ModelMaps {
  /** Of the query token in all layers and heads, `[layers, heads, tokens]`. */
  attention: ShallowRef<Loadable<FloatArray>>
  stateOf: (method: MapMethod) => Loadable<FloatArray>
  /** The map as it is to be shown now; null where there is none yet. */
  mapOf: (method: MapMethod) => PatchMap | null
  progressOf: (method: ComputedMethod) => Progress | null
  cancel: (method: ComputedMethod) => void
  /** Asks for everything that is shown; what is not shown is let go. */
  ask: () => void
  /** The same without the attention, which only image and token change. */
  askComputed: () => void
  clear: () => void
}

/**
 * @param question null while there is nothing to ask about
 * @param recipeFor how a method's map is to be made
 * @param shownMethods a flow may take long, so only these are asked for
 */
export function useModelMaps(given: {
  question: () => MapQuestion | null
  recipeFor: (method: MapMethod) => MapRecipe
  shownMethods: () => readonly MapMethod[]
  prefixTokens: () => number
}): ModelMaps {
  const { question, recipeFor, shownMethods, prefixTokens } = given
  const attention = useLatestAnswer<FloatArray>()
  const computedMaps = {
    rollout: useLongAnswer<FloatArray>(),
    gradient: useLongAnswer<FloatArray>(),
    flow: useLongAnswer<FloatArray>(),
  }
  const attentionMap = computed((): PatchMap | null => {
    const shown = shownValue(attention.state.value)
    if (shown === null) return null
    const { layer, fusion } = recipeFor('attention')
    const [layers = 0, heads = 0] = shown.shape
    if (layer >= layers || (typeof fusion === 'number' && fusion >= heads)) return null
    return patchMap(attentionRow(shown, layer, fusion), prefixTokens())
  })
  const mapFrom = (method: ComputedMethod) =>
    computed((): PatchMap | null => {
      const shown = shownValue(computedMaps[method].state.value)
      return shown === null ? null : patchMap(shown.values, prefixTokens())
    })
  const maps = {
    attention: attentionMap,
    rollout: mapFrom('rollout'),
    gradient: mapFrom('gradient'),
    flow: mapFrom('flow'),
  }

  function clear(): void {
    attention.clear()
    for (const map of Object.values(computedMaps)) map.clear()
  }

  function ask(): void {
    const asked = question()
    if (asked === null) return clear()
    void attention.ask(() => askArray('inspect.attention', asked))
    askComputed()
  }

  function askComputed(): void {
    const asked = question()
    if (asked === null) return
    for (const method of ['rollout', 'gradient', 'flow'] as const) {
      const map = computedMaps[method]
      if (!shownMethods().includes(method)) map.clear()
      else void map.ask((request) => askArray('inspect.map', { ...asked, recipe: recipeFor(method), request }))
    }
  }

  return {
    attention: attention.state,
    stateOf: (method) => (method === 'attention' ? attention.state.value : computedMaps[method].state.value),
    mapOf: (method) => maps[method].value,
    progressOf: (method) => computedMaps[method].progress.value,
    cancel: (method) => computedMaps[method].cancel(),
    ask,
    askComputed,
    clear,
  }
}
