import { dtypes, tf, type Tensor } from '../tensorflow'
import { add, cast, multiply, subtract } from './elementwise'
import { compare, perImage } from './pixels'

/** 1 from `start` on for `length` places along the axis of `places`, otherwise 0. */
function inside(places: Tensor, start: Tensor, length: Tensor): Tensor {
  const asNumber = (condition: Tensor) => cast(condition, dtypes.bool, dtypes.float32)
  const begun = asNumber(compare('GreaterEqual', places, start))
  return multiply(begun, asNumber(compare('Less', places, add(start, length))))
}

/**
 * Fills a rectangle with one value.
 * @param x [K, 3, H, W]
 * @param parameters after the first column: top, left, height, width, value
 */
export function erase(x: Tensor, parameters: Tensor): Tensor {
  const [, , height = 0, width = 0] = x.shape
  const along = (count: number, shape: [number, number, number, number]) =>
    tf.tensor4d(
      Float32Array.from({ length: count }, (_, place) => place),
      shape,
    )
  const rows = inside(along(height, [1, 1, height, 1]), perImage(parameters, 1), perImage(parameters, 3))
  const columns = inside(along(width, [1, 1, 1, width]), perImage(parameters, 2), perImage(parameters, 4))
  const erased = multiply(rows, columns)
  return add(x, multiply(subtract(perImage(parameters, 5), x), erased))
}
