import type { VitSizes } from '@shared/config/modelConfig'
import { layerNorm } from '../backend/ops/layerNorm'
import { rmsNorm } from '../backend/ops/rmsNorm'
import type { Tensor } from '../backend/tensorflow'
import type { BlockContext } from './blockContext'

/** ε of every normalisation in the model. */
const normEpsilon = 1e-6

/** The model's kind of normalisation with the parameters of one place. [M, d] → [M, d] */
export function normalise(
  x: Tensor,
  name: string,
  { norm }: Pick<VitSizes, 'norm'>,
  parameter: BlockContext['parameter'],
): Tensor {
  const scale = parameter(`${name}.weight`)
  return norm === 'rmsnorm'
    ? rmsNorm(x, scale, normEpsilon)
    : layerNorm(x, scale, parameter(`${name}.bias`), normEpsilon)
}
