import { tf, type Tensor } from '../tensorflow'
import { add, multiply, scale, subtract } from './elementwise'
import { clipPixels, mirrorEnds, padZeros, perImage, slice } from './pixels'

/** Blurring and sharpening as torchvision does them; images [K, 3, H, W] from 0 to 255. */

/** `count` rows and columns from the given place on. */
const window = (x: Tensor, row: number, column: number, rows: number, columns: number) =>
  slice(x, [0, 0, row, column], [-1, -1, rows, columns])

/**
 * A Gaussian, row by row and then column by column, mirrored at the border.
 * @param parameters after the first column, one half of the kernel, centre first
 */
export function gaussianBlur(x: Tensor, parameters: Tensor): Tensor {
  const [, , height = 0, width = 0] = x.shape
  const radius = (parameters.shape[1] ?? 0) - 2
  const weights = Array.from({ length: radius + 1 }, (_, distance) => perImage(parameters, 1 + distance))
  const along = (part: (offset: number) => Tensor) =>
    weights
      .map((weight, distance) =>
        multiply(distance === 0 ? part(radius) : add(part(radius - distance), part(radius + distance)), weight),
      )
      .reduce((a, b) => add(a, b))
  const wide = mirrorEnds(x, 3, radius)
  const rows = along((offset) => window(wide, 0, offset, -1, width))
  const tall = mirrorEnds(rows, 2, radius)
  return along((offset) => window(tall, offset, 0, height, -1))
}

/** Away from, or towards, PIL's smoothing filter: 3 × 3 ones with a 5 in the middle. The border pixels stay. */
export function sharpness(x: Tensor, parameters: Tensor): Tensor {
  const [, , height = 0, width = 0] = x.shape
  if (height < 3 || width < 3) return x
  const [rows, columns] = [height - 2, width - 2]
  const inner = window(x, 1, 1, rows, columns)
  const three = (part: (offset: number) => Tensor) => add(add(part(0), part(1)), part(2))
  const vertical = three((offset) => window(x, offset, 0, rows, -1))
  const box = three((offset) => window(vertical, 0, offset, -1, columns))
  const strength = scale(subtract(tf.scalar(1), perImage(parameters, 1)), 1 / 13)
  const change = multiply(subtract(box, scale(inner, 9)), strength)
  return clipPixels(add(x, padZeros(change, 1, 1)))
}
