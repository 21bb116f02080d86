import type { FaithfulnessReport } from '@shared/contract/inspectRoutes'
import type { MapRecipe } from '@shared/contract/mapRecipe'
import { gridSide } from '@shared/model/size'
import { SeededRandom } from '@shared/random'
import { ProgressReporter } from '@engine/data/progress'
import type { JobContext } from '@engine/job'
import type { Checkpoint } from '@engine/vit/checkpoint'
import type { AttentionMaps } from './attentionMaps'
import { throwIfCalledOff } from './calledOff'
import { curveShares, faithfulnessCurves, meanCurves, patchOrder, type PatchedImage } from './faithfulness'
import { fuseHeads } from './mixing'
import { largestIndex, softmax } from './probabilities'
import { patchesOf } from './recipeMap'

/** Images that go through the model at a time. */
const batchSize = 16
/** Chance is the mean of so many orders. */
const randomOrders = 3
const randomSeed = 1

/** One image of a batch that went through the model. */
export interface ExplainedImage {
  /** [3, side, side], normalised. */
  pixels: Float32Array
  /** [classes] */
  logits: Float32Array
  maps: AttentionMaps
  /** Its place among the maps. */
  index: number
}

/**
 * Deletion and insertion of one image for a map, the last layer's plain attention, and chance.
 * @param map [tokens], of the query token
 * @param predict logits [batch, classes] of images [batch, 3, side, side]
 * @throws VitrineError `cancelled`
 */
export async function faithfulnessReport(
  explained: ExplainedImage,
  { sizes }: Checkpoint,
  map: Float32Array,
  query: number,
  recipe: MapRecipe,
  predict: (pixels: Float32Array, batch: number) => Promise<Float32Array>,
  context: JobContext,
): Promise<FaithfulnessReport> {
  const { pixels, logits: predicted, maps, index } = explained
  const classIndex = recipe.classIndex ?? largestIndex(predicted)
  const patches = gridSide(sizes) ** 2
  const shares = curveShares(patches)
  const progress = new ProgressReporter(
    context,
    'Deleting and inserting patches',
    2 * shares.length * (2 + randomOrders),
  )
  const image: PatchedImage = { pixels, channels: sizes.channels, side: sizes.imageSize, patchSize: sizes.patchSize }
  const curves = (order: ArrayLike<number>) =>
    faithfulnessCurves(image, order, batchSize, async (part, batch) => {
      throwIfCalledOff(context, 'Deleting and inserting patches')
      const logits = await predict(part, batch)
      progress.advance(batch)
      return Array.from({ length: batch }, (_, i) => {
        return softmax(logits.subarray(i * sizes.numClasses, (i + 1) * sizes.numClasses))[classIndex] ?? 0
      })
    })
  const lastLayer = fuseHeads(maps, sizes.depth - 1, index, 'mean').subarray(
    query * maps.tokens,
    (query + 1) * maps.tokens,
  )
  const random = new SeededRandom(randomSeed)
  const chance = []
  const report = {
    classIndex,
    shares,
    map: await curves(patchOrder(patchesOf(map, maps))),
    lastLayer: await curves(patchOrder(patchesOf(Float32Array.from(lastLayer), maps))),
  }
  for (let order = 0; order < randomOrders; order++) chance.push(await curves(random.permutation(patches)))
  return { ...report, random: meanCurves(chance) }
}
