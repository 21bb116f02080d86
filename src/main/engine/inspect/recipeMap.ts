import type { VitSizes } from '@shared/config/modelConfig'
import type { MapRecipe } from '@shared/contract/mapRecipe'
import { VitrineError } from '@shared/errors'
import { attentionFlow, type FlowRun } from './attentionFlow'
import type { AttentionMaps } from './attentionMaps'
import { gradientRolloutOfQuery } from './gradientRollout'
import { fuseHeads } from './mixing'
import { rolloutOfQuery } from './rollout'

/** @throws VitrineError `invalid-input` for a layer, head or class that the model doesn't have */
export function checkRecipe(recipe: MapRecipe, sizes: VitSizes): void {
  const { layer, fusion, classIndex } = recipe
  if (layer >= sizes.depth) throw missing('layer', layer, sizes.depth)
  if (typeof fusion === 'number' && fusion >= sizes.numHeads) throw missing('head', fusion, sizes.numHeads)
  if (classIndex !== null && classIndex >= sizes.numClasses) throw missing('class', classIndex, sizes.numClasses)
}

function missing(what: string, index: number, count: number): VitrineError {
  return new VitrineError(
    'invalid-input',
    `The model has no ${what} ${index}: they are counted from 0 to ${count - 1}.`,
  )
}

/** What a recipe works on. */
export interface MapSources {
  maps: AttentionMaps
  /** Attention weighted with a class's gradient, which `gradient` needs. */
  relevance: AttentionMaps | null
}

/** The map that a recipe makes of one image for one query token, [tokens]. @throws VitrineError `cancelled` */
export async function recipeMap(
  { maps, relevance }: MapSources,
  image: number,
  query: number,
  recipe: MapRecipe,
  run: FlowRun,
): Promise<Float32Array> {
  switch (recipe.method) {
    case 'attention': {
      const fused = fuseHeads(maps, recipe.layer, image, recipe.fusion)
      return Float32Array.from(fused.subarray(query * maps.tokens, (query + 1) * maps.tokens))
    }
    case 'rollout':
      return rolloutOfQuery(maps, image, query, recipe)
    case 'gradient':
      if (relevance === null) throw new Error('the gradients were not computed')
      return gradientRolloutOfQuery(relevance, image, query, recipe.fusion)
    case 'flow':
      return attentionFlow(maps, image, query, recipe, run)
  }
}

/** The patches' part of a map over all tokens. */
export function patchesOf(map: Float32Array, { prefixTokens }: AttentionMaps): Float32Array {
  return map.subarray(prefixTokens)
}
