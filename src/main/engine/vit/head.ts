import type { VitSizes } from '@shared/config/modelConfig'
import { linear } from '../backend/ops/linear'
import { tf, type Tensor } from '../backend/tensorflow'
import type { BlockContext } from './blockContext'

/**
 * Logits from what the head sees.
 * @param seen [B, d], or [B, 2·d] where two tokens are read
 * @returns [B, classes]
 */
export function classify(seen: Tensor, sizes: VitSizes, parameter: BlockContext['parameter']): Tensor {
  const apply = (x: Tensor, name: string) => linear(x, parameter(`${name}.weight`), parameter(`${name}.bias`))
  if (sizes.headReading === 'distilled') {
    const token = (index: number) => tf.slice(seen, [0, index * sizes.embedDim], [-1, sizes.embedDim])
    return tf.mul(tf.add(apply(token(0), 'head'), apply(token(1), 'head_dist')), 0.5)
  }
  return apply(sizes.preLogits === undefined ? seen : tf.tanh(apply(seen, 'pre_logits.fc')), 'head')
}
