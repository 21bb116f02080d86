import { VitrineError } from '@shared/errors'
import { scale } from '../../backend/ops/elementwise'
import { normaliseChannels } from '../../backend/ops/images'
import { reshape, transpose } from '../../backend/ops/pixels'
import { warpImages } from '../../backend/ops/warp'
import { tf, type Tensor } from '../../backend/tensorflow'
import { pixelOps } from './apply'
import { matrixOf, sizeAfter, transformOf, type Size } from './geometry'
import { isGeometric, type GeometricOperation, type ImageOperation } from './operations'
import { stageParameters } from './plan'

/** One image that goes through operations one by one, each as torchvision's functional operation. */

export interface FloatImage extends Size {
  /** [height, width, 3], from 0 to 1, or normalised. */
  pixels: Float32Array
}

/** [1, H, W, 3] from 0 to 255. */
function geometric(x: Tensor, operation: GeometricOperation): Tensor {
  const [, height = 0, width = 0] = x.shape
  const size = { height, width }
  const after = sizeAfter(operation, size)
  const transform = tf.tensor2d(transformOf(matrixOf(operation, size)), [1, 8])
  return warpImages(x, transform, after.height, after.width)
}

function checkFits(operation: ImageOperation, { height, width }: Size) {
  const fail = (sentence: string) => {
    throw new VitrineError('invalid-input', `${operation.op} ${sentence}: the image is ${width} × ${height} pixels.`)
  }
  if (operation.op === 'resizedCrop') {
    const { top, left } = operation
    const inside = top >= 0 && left >= 0 && top + operation.height <= height && left + operation.width <= width
    if (!inside) fail('must lie inside the image')
  }
  if (operation.op === 'gaussianBlur' && operation.kernelSize > 2 * Math.min(height, width) - 1) {
    fail('has a kernel that is too large')
  }
}

/**
 * Applies operations in their order.
 * @param image from 0 to 1
 * @throws VitrineError `invalid-input` for a crop outside the image, a kernel larger than it, or a
 * `normalize` that isn't the last operation
 */
export function applyOperations(image: FloatImage, operations: readonly ImageOperation[]): FloatImage {
  const normalizeAt = operations.findIndex(({ op }) => op === 'normalize')
  if (normalizeAt >= 0 && normalizeAt < operations.length - 1) {
    throw new VitrineError('invalid-input', 'normalize must be the last operation: put it at the end.')
  }
  return tf.tidy(() => {
    let x: Tensor = scale(tf.tensor4d(image.pixels, [1, image.height, image.width, 3]), 255)
    for (const operation of operations) {
      const [, height = 0, width = 0] = x.shape
      checkFits(operation, { height, width })
      if (operation.op === 'normalize') x = scale(normaliseChannels(x, operation.mean, operation.std), 255)
      else if (isGeometric(operation)) x = geometric(x, operation)
      else {
        const parameters = [1, ...stageParameters(operation)]
        const changed = pixelOps[operation.op](
          transpose(x, [0, 3, 1, 2]),
          tf.tensor2d(parameters, [1, parameters.length]),
        )
        x = transpose(changed, [0, 2, 3, 1])
      }
    }
    const [, height = 0, width = 0] = x.shape
    const pixels = scale(reshape(x, [-1]), 1 / 255).dataSync()
    return { height, width, pixels: Float32Array.from(pixels) }
  })
}
