import type { LocalisationReport } from '@shared/contract/inspectRoutes'
import type { MapRecipe } from '@shared/contract/mapRecipe'
import { VitrineError } from '@shared/errors'
import { gridSide, hasClassToken } from '@shared/model/size'
import type { PreparedDataset } from '@engine/data/dataset'
import { ProgressReporter } from '@engine/data/progress'
import type { JobContext } from '@engine/job'
import type { Checkpoint } from '@engine/vit/checkpoint'
import type { Predictor } from '@engine/vit/predictor'
import { attentionMapsOf } from './attentionMaps'
import { flowRunOf, throwIfCalledOff } from './calledOff'
import { relevanceMaps } from './gradientRollout'
import { locate, localisationOf, type Hit } from './localisation'
import { largestIndex } from './probabilities'
import { readNormalised } from './recordPixels'
import { patchesOf, recipeMap, type MapSources } from './recipeMap'

/** Images that go through the model at a time. */
const imagesAtATime = 16

/**
 * How well a recipe's maps of the class token find the objects in the first validation images of a
 * dataset that keeps their masks.
 * @param withModel gives the model for one batch; other questions may come between two batches
 * @throws VitrineError `invalid-input` without masks or class token, `cancelled`
 */
export async function searchObjects(
  dataset: PreparedDataset,
  checkpoint: Checkpoint,
  recipe: MapRecipe,
  most: number,
  withModel: <T>(work: (predictor: Predictor) => Promise<T>) => Promise<T>,
  context: JobContext,
): Promise<LocalisationReport> {
  const { start, count } = dataset.splitRange('val')
  if (!dataset.manifest.hasMasks || count === 0) {
    const message = `The dataset ${dataset.manifest.name} has no validation images with masks of their objects: choose the sample shapes.`
    throw new VitrineError('invalid-input', message)
  }
  if (!hasClassToken(checkpoint.sizes)) {
    throw new VitrineError('invalid-input', 'The model has no class token, so there is no map of what it looks at.')
  }
  const images = Math.min(most, count)
  const progress = new ProgressReporter(context, 'Looking for the objects', images)
  const hits: Hit[] = []
  const run = flowRunOf(context)
  for (let first = 0; first < images; first += imagesAtATime) {
    const indices = Array.from({ length: Math.min(imagesAtATime, images - first) }, (_, i) => start + first + i)
    const pixels = await readNormalised(dataset, indices, checkpoint)
    const sources = await withModel((predictor) => mapSources(predictor, checkpoint, pixels, indices.length, recipe))
    for (const [image, index] of indices.entries()) {
      throwIfCalledOff(context, 'Looking for the objects')
      const mask = await dataset.readMask(index)
      if (mask === null) throw new Error('the dataset lost its masks')
      const map = patchesOf(await recipeMap(sources, image, 0, recipe, run), sources.maps)
      hits.push(locate(map, gridSide(checkpoint.sizes), mask, dataset.manifest.imageSize))
      progress.advance()
    }
  }
  return localisationOf(hits)
}

async function mapSources(
  predictor: Predictor,
  checkpoint: Checkpoint,
  pixels: Float32Array,
  batch: number,
  recipe: MapRecipe,
): Promise<MapSources> {
  const { logits, attention } = await predictor.attend(pixels, batch)
  const maps = attentionMapsOf(checkpoint, attention, batch)
  if (recipe.method !== 'gradient') return { maps, relevance: null }
  const { numClasses } = checkpoint.sizes
  const classes = Array.from({ length: batch }, (_, image) => {
    return recipe.classIndex ?? largestIndex(logits.subarray(image * numClasses, (image + 1) * numClasses))
  })
  return { maps, relevance: relevanceMaps(maps, await predictor.attentionGradients(pixels, batch, classes)) }
}
