import { UMAP } from 'umap-js'
import { SeededRandom } from '@shared/random'
import { nearestNeighbours } from './neighbours'

export interface UmapSettings {
  /** Neighbours of each point that are to stay near it, itself among them. */
  neighbours: number
  /** How near to each other points may be placed. */
  minDist: number
  seed: number
}

export interface UmapProgress {
  stage: 'Finding neighbours' | 'Linking neighbours' | 'Placing the images'
  /** From 0 to 1, of the stage. */
  share: number
}

/** Below this there is nothing to arrange. */
export const fewestPoints = 5

/**
 * A map of points in which near ones stay near (McInnes, Healy, Melville 2018, "UMAP: Uniform Manifold
 * Approximation and Projection"). The same seed gives the same map.
 * @param points [count, width]
 * @returns a generator that gives way after each piece of work, and at its end the map [count, 2]
 * @throws RangeError for fewer than `fewestPoints`
 */
export function* umapLayout(
  points: Float32Array,
  width: number,
  { neighbours, minDist, seed }: UmapSettings,
): Generator<UmapProgress, Float32Array> {
  const count = points.length / width
  if (count < fewestPoints) throw new RangeError(`${count} points are too few to be arranged`)
  const nNeighbors = Math.min(neighbours, count - 1)
  const random = new SeededRandom(seed)
  const search = nearestNeighbours(points, count, width, nNeighbors)
  let step = search.next()
  for (; step.done !== true; step = search.next()) yield { stage: 'Finding neighbours', share: step.value }
  const { indices, distances } = step.value
  const rowsOf = (values: Int32Array | Float64Array | Float32Array, length: number) =>
    Array.from({ length: count }, (_, row) => Array.from(values.subarray(row * length, (row + 1) * length)))

  yield { stage: 'Linking neighbours', share: 0 }
  const umap = new UMAP({ nComponents: 2, nNeighbors, minDist, random: () => random.uniform() })
  umap.setPrecomputedKNN(rowsOf(indices, nNeighbors), rowsOf(distances, nNeighbors))
  const epochs = umap.initializeFit(rowsOf(points, width))
  for (let epoch = 0; epoch < epochs; epoch++) {
    umap.step()
    yield { stage: 'Placing the images', share: (epoch + 1) / epochs }
  }
  return Float32Array.from(umap.getEmbedding().flat())
}
