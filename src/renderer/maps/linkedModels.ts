import type { VitSizes } from '@shared/config/modelConfig'
import type { MapRecipe } from '@shared/contract/mapRecipe'
import { gridSide, hasClassToken, prefixTokenCount } from '@shared/model/size'
import { patchOf, tokenAt, type PatchMap, type ValueRange } from './tokenMaps'

/** Two models on one image: the choices that are made for one, carried over to the other. */

interface LinkedModel {
  sizes: VitSizes
  classes: readonly string[]
}

/**
 * The token of one model that stands for the same as another's: the patch at the same place in the
 * image, or the class token. Null where the other has none.
 */
export function linkedQuery(query: number, from: VitSizes, to: VitSizes): number | null {
  const place = patchOf(query, gridSide(from), prefixTokenCount(from))
  const side = gridSide(to)
  if (place === null) {
    const exists = hasClassToken(from) && query === 0 ? hasClassToken(to) : query < prefixTokenCount(to)
    return exists ? query : null
  }
  const scaled = (index: number) => Math.floor(((index + 0.5) * side) / gridSide(from))
  return tokenAt({ row: scaled(place.row), column: scaled(place.column) }, side, prefixTokenCount(to))
}

/** The same recipe for another model: its class by name. */
export function linkedRecipe(recipe: MapRecipe, from: LinkedModel, to: LinkedModel): MapRecipe {
  const name = recipe.classIndex === null ? undefined : from.classes[recipe.classIndex]
  const classIndex = name === undefined ? -1 : to.classes.indexOf(name)
  return { ...recipe, classIndex: classIndex < 0 ? null : classIndex }
}

/** Why another model has no map for a recipe, in a sentence; null where it has one. */
export function missingForRecipe(recipe: MapRecipe, { sizes }: LinkedModel): string | null {
  const { method, layer, fusion } = recipe
  if (method === 'attention' && layer >= sizes.depth) {
    return `This model has ${counted(sizes.depth, 'layer')}, so there is no layer ${layer + 1}: choose a lower one.`
  }
  if (typeof fusion === 'number' && fusion >= sizes.numHeads) {
    return `This model has ${counted(sizes.numHeads, 'head')}, so there is no head ${fusion + 1}: choose a lower one.`
  }
  return null
}

function counted(count: number, what: string): string {
  return count === 1 ? `1 ${what}` : `${count} ${what}s`
}

/** Second minus first, patch by patch; null where they cut the image into different numbers of patches. */
export function differenceMap(first: PatchMap, second: PatchMap): PatchMap | null {
  if (first.side !== second.side) return null
  return {
    side: first.side,
    values: second.values.map((value, patch) => value - (first.values[patch] ?? 0)),
    prefixSum: second.prefixSum - first.prefixSum,
  }
}

/** As far below zero as above, so that a diverging colour map has zero in the middle. */
export function symmetricRange(values: Float32Array): ValueRange {
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  return { low: -largest, high: largest }
}
