import type { VitSizes } from '@shared/config/modelConfig'
import { dropout } from '../backend/ops/dropout'
import { biasGelu } from '../backend/ops/gelu'
import { linear, unbiasedLinear } from '../backend/ops/linear'
import type { Tensor } from '../backend/tensorflow'
import type { BlockContext } from './blockContext'

/** Two linear layers with a GELU between, dropout after each. [M, d] → [M, d] */
export function mlp(x: Tensor, name: string, sizes: VitSizes, { parameter, dropoutSource }: BlockContext): Tensor {
  const hidden = biasGelu(unbiasedLinear(x, parameter(`${name}.fc1.weight`)), parameter(`${name}.fc1.bias`))
  const kept = dropout(hidden, sizes.dropout, dropoutSource)
  const output = linear(kept, parameter(`${name}.fc2.weight`), parameter(`${name}.fc2.bias`))
  return dropout(output, sizes.dropout, dropoutSource)
}
