import type { VitSizes } from '@shared/config/modelConfig'
import type { RunConfig } from '@shared/config/runConfig'
import { SeededRandom } from '@shared/random'
import { initialWeight, initialWeights } from '../vit/initialisation'
import { loadInitialWeights } from '../vit/loadInitialWeights'
import { parameterSpecs, type Weights } from '../vit/parameters'

/**
 * The weights a run starts from: fresh ones from its seed, or a checkpoint's, with its head or a new one.
 * @throws VitrineError `invalid-input` naming what of the checkpoint doesn't fit the model
 */
export async function startingWeights(config: RunConfig, sizes: VitSizes): Promise<Weights> {
  const { checkpoint, head } = config.init
  const { initialisation } = config.model
  if (checkpoint === null) return initialWeights(sizes, SeededRandom.stream(config.seed, 'weights'), initialisation)
  const given = await loadInitialWeights(checkpoint, sizes, head)
  return new Map(
    parameterSpecs(sizes).map((spec) => {
      const fresh = () => {
        const random = SeededRandom.stream(config.seed, 'weights', spec.name)
        return initialWeight(spec, sizes, random, initialisation)
      }
      return [spec.name, given.get(spec.name) ?? fresh()]
    }),
  )
}
