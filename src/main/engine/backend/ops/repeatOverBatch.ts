import { tf, type Tensor } from '../tensorflow'
import { sum } from './elementwise'
import { withGradient } from './withGradient'

/** The same rows for every image. [1, N, d] → [B, N, d] */
export function repeatOverBatch(x: Tensor, batch: number): Tensor {
  return withGradient(
    [x],
    () => ({ value: tf.tile(x, [batch, 1, 1]), kept: [] as const }),
    (gradient) => [sum(gradient, [0], true)],
  )
}
