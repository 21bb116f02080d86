import { VitrineError } from '@shared/errors'
import { gridSide, prefixTokenCount } from '@shared/model/size'
import type { VitSizes } from '@shared/config/modelConfig'
import type { Checkpoint } from './checkpoint'
import type { Weights } from './parameters'
import { resizePositions } from './resizePositions'

/**
 * The same model for images of another size: learned positions are interpolated, everything else stays.
 *
 * @param imageSize side in pixels
 * @throws VitrineError `invalid-input` when the side is no multiple of the patch size
 */
export function forImageSize(checkpoint: Checkpoint, imageSize: number): Checkpoint {
  const { patchSize } = checkpoint.sizes
  if (imageSize % patchSize !== 0) {
    const message = `The model cuts images into patches of ${patchSize} pixels, which ${imageSize} pixels are no multiple of: choose ${nearestMultiple(imageSize, patchSize)}.`
    throw new VitrineError('invalid-input', message, { field: 'data.imageSize' })
  }
  const sizes = { ...checkpoint.sizes, imageSize }
  return { ...checkpoint, sizes, weights: withPositionsFor(checkpoint.weights, checkpoint.sizes, sizes) }
}

function withPositionsFor(weights: Weights, from: VitSizes, to: VitSizes): Weights {
  const positions = weights.get('pos_embed')
  if (positions === undefined) return weights
  const resized = resizePositions(positions, prefixTokenCount(from), gridSide(from), gridSide(to))
  return new Map(weights).set('pos_embed', resized)
}

function nearestMultiple(value: number, of: number): number {
  return Math.max(1, Math.round(value / of)) * of
}
