import type { RunConfig, VitSizes } from '@shared/config/runConfig'
import { VitrineError } from '@shared/errors'
import { SeededRandom } from '@shared/random'
import { readCheckpoint } from '../vit/checkpoint'
import { initialWeights, parameterSpecs, type Weights } from '../vit/parameters'

const headNames = new Set(['head.weight', 'head.bias'])

/**
 * The weights a run starts from: fresh ones from its seed, or a checkpoint's, with its head or a new one.
 * @throws VitrineError `invalid-input` naming the tensor that doesn't fit the model
 */
export async function startingWeights(config: RunConfig, sizes: VitSizes): Promise<Weights> {
  const fresh = initialWeights(sizes, SeededRandom.stream(config.seed, 'weights'))
  const { checkpoint, head } = config.init
  if (checkpoint === null) return fresh
  const { weights } = await readCheckpoint(checkpoint, { heads: sizes.numHeads })
  const result: Weights = new Map()
  for (const { name, shape } of parameterSpecs(sizes)) {
    const given = head === 'new' && headNames.has(name) ? fresh.get(name) : weights.get(name)
    if (given === undefined || given.shape.join() !== shape.join()) {
      throw new VitrineError(
        'invalid-input',
        `The checkpoint's "${name}" is [${given?.shape.join(', ') ?? ''}], but this run's model needs [${shape.join(', ')}].`,
        { field: 'init.checkpoint' },
      )
    }
    result.set(name, given)
  }
  return result
}
