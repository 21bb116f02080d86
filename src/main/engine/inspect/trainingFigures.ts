import type { VitSizes } from '@shared/config/modelConfig'
import { gridSide, prefixTokenCount } from '@shared/model/size'
import type { Checkpoint } from '@engine/vit/checkpoint'
import type { AttentionMaps } from './attentionMaps'
import { attentionDistance } from './distance'
import { attentionEntropy } from './headStatistics'
import { fuseHeads } from './mixing'
import { totalVariance } from './pca'
import { readOut } from './readOut'
import { patchesOf } from './recipeMap'
import { rolloutReadOut } from './rollout'
import { neighbourContrast } from './similarity'
import { betweenPatches, channelsLast, filterComponents, positionSimilarity } from './weightViews'

/** Components in figure 7 (left) of Dosovitskiy et al. (2020). */
const componentCount = 28

/** What changes about a model while it is trained, at one moment. */
export interface TrainingFigures {
  sizes: VitSizes
  epoch: number | null
  filters: { components: Float32Array; count: number; explainedShares: number[] }
  /** Null for a model without positions. */
  positions: { similarity: Float32Array; contrast: number } | null
  /** Null without images. */
  heads: { distances: Float32Array; entropies: Float32Array } | null
  /** What the head sees of each image, [images, 2, patches]: the last layer's attention, then the rollout. */
  maps: Float32Array
}

/** The part that the weights alone tell. */
export function weightFigures(checkpoint: Checkpoint): Omit<TrainingFigures, 'heads' | 'maps'> {
  const { sizes, weights } = checkpoint
  const { components, count, explainedVariance } = filterComponents(checkpoint, componentCount)
  const filters = weights.get('patch_embed.proj.weight')?.data ?? new Float32Array()
  const total = totalVariance(filters, sizes.embedDim)
  return {
    sizes,
    epoch: checkpoint.epoch,
    filters: {
      components: channelsLast(components, count, sizes.patchSize),
      count,
      explainedShares: explainedVariance.map((variance) => (total > 0 ? variance / total : 0)),
    },
    positions: sizes.positions === 'none' ? null : positionFigures(checkpoint),
  }
}

function positionFigures(checkpoint: Checkpoint): { similarity: Float32Array; contrast: number } {
  const { sizes } = checkpoint
  const { tokens, similarity } = positionSimilarity(checkpoint)
  const between = betweenPatches(similarity, tokens, prefixTokenCount(sizes))
  return { similarity: between, contrast: neighbourContrast(between, gridSide(sizes)) }
}

/** The part that one image tells. */
export interface ImageFigures {
  distances: Float32Array
  entropies: Float32Array
  maps: [attention: Float32Array, rollout: Float32Array]
}

/** @param image its place among the maps */
export function imageFigures(all: AttentionMaps, image: number, sizes: VitSizes): ImageFigures {
  const maps = oneImage(all, image)
  const lastLayer = Float32Array.from(fuseHeads(maps, sizes.depth - 1, 0, 'mean'))
  const mixing = { fusion: 'mean', residual: true, discard: 0 } as const
  return {
    distances: attentionDistance(maps, sizes.patchSize),
    entropies: attentionEntropy(maps),
    maps: [readOut(lastLayer, maps, sizes), patchesOf(rolloutReadOut(maps, 0, sizes, mixing), maps)],
  }
}

/** What several images tell together. */
export function joinedFigures(images: readonly ImageFigures[]): Pick<TrainingFigures, 'heads' | 'maps'> {
  const [first] = images
  if (first === undefined) return { heads: null, maps: new Float32Array() }
  const meanOf = (pick: (figures: ImageFigures) => Float32Array) =>
    pick(first).map((_, i) => images.reduce((sum, image) => sum + (pick(image)[i] ?? 0), 0) / images.length)
  const patches = first.maps[0].length
  const maps = new Float32Array(images.length * 2 * patches)
  images.forEach((image, index) => {
    image.maps.forEach((map, kind) => maps.set(map, (index * 2 + kind) * patches))
  })
  return {
    heads: { distances: meanOf((image) => image.distances), entropies: meanOf((image) => image.entropies) },
    maps,
  }
}

/** Size in memory. */
export function figureBytes({ filters, positions, heads, maps }: TrainingFigures): number {
  const arrays = [filters.components, positions?.similarity, heads?.distances, heads?.entropies, maps]
  return arrays.reduce((sum, array) => sum + (array?.byteLength ?? 0), 0)
}

function oneImage(maps: AttentionMaps, image: number): AttentionMaps {
  const area = maps.heads * maps.tokens * maps.tokens
  return { ...maps, batch: 1, layers: maps.layers.map((weights) => weights.subarray(image * area, (image + 1) * area)) }
}
