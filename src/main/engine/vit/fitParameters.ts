import type { VitSizes } from '@shared/config/modelConfig'
import { elementCount } from '@shared/elementCount'
import { VitrineError } from '@shared/errors'
import { described } from './layouts/layout'
import { parameterSpecs, type Weights } from './parameters'

/** Tensors of one kind in one sentence before the rest is counted. */
const named = 12

/**
 * The model's parameters out of the tensors of a file, in the model's order.
 *
 * @param file name of the file, for messages
 * @throws VitrineError `invalid-input` naming every tensor that is missing, has another shape, or has no place
 */
export function fitParameters(weights: Weights, sizes: VitSizes, file: string): Weights {
  const parameters: Weights = new Map()
  const missing: string[] = []
  const misshapen: string[] = []
  for (const { name, shape } of parameterSpecs(sizes)) {
    const weight = weights.get(name)
    if (weight === undefined) missing.push(described(name, { shape }))
    else if (weight.shape.join() !== shape.join() || weight.data.length !== elementCount(shape)) {
      misshapen.push(`${described(name, weight)} instead of [${shape.join(', ')}]`)
    } else parameters.set(name, weight)
  }
  const wanted = new Set(parameterSpecs(sizes).map(({ name }) => name))
  // Fixed positions are computed; in the file they are for other programs.
  if (sizes.positions === 'sinusoidal') wanted.add('pos_embed')
  const surplus = [...weights].filter(([name]) => !wanted.has(name)).map(([name, weight]) => described(name, weight))
  const complaints = [
    ...complaint('lacks', missing),
    ...complaint('has in another shape', misshapen),
    ...complaint('has without a place for them', surplus),
  ]
  if (complaints.length === 0) return parameters
  throw new VitrineError('invalid-input', `${file} does not fit its own model: it ${complaints.join('; it ')}.`)
}

function complaint(verb: string, tensors: readonly string[]): string[] {
  if (tensors.length === 0) return []
  const more = tensors.length > named ? ` and ${tensors.length - named} more` : ''
  return [`${verb} ${tensors.slice(0, named).join(', ')}${more}`]
}
