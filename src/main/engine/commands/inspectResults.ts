import { join } from 'node:path'
import type { LocalisationReport } from '@shared/contract/inspectRoutes'
import { mapMethods, type MapMethod } from '@shared/contract/mapRecipe'
import { gridSide, prefixTokenCount } from '@shared/model/size'
import { resolveDataset } from '@engine/data/resolve'
import { writeFileAtomic } from '@engine/formats/atomicWrite'
import { writeNpy } from '@engine/formats/npy'
import { componentScores } from '@engine/inspect/componentScores'
import { attentionDistance } from '@engine/inspect/distance'
import { attentionEntropy, headSimilarity } from '@engine/inspect/headStatistics'
import { searchObjects } from '@engine/inspect/objectSearch'
import { encodePng, type RgbImage } from '@engine/inspect/overlay'
import { filterTiles, heatTable, similarityTiles } from '@engine/inspect/tiles'
import { meanSimilarity, rowNorms } from '@engine/inspect/tokenViews'
import { betweenPatches, channelsLast, filterComponents, positionSimilarity } from '@engine/inspect/weightViews'
import type { EnginePlaces, JobContext } from '@engine/job'
import type { Checkpoint } from '@engine/vit/checkpoint'
import type { Predictor } from '@engine/vit/predictor'
import { attendAll, parts, type ModelInput } from './modelInput'

/** Components in figure 7 (left) of Dosovitskiy et al. (2020). */
const componentCount = 28

export async function writeFilters(
  out: string,
  checkpoint: Checkpoint,
): Promise<{ files: string[]; explainedVariance: number[] }> {
  const side = checkpoint.sizes.patchSize
  const { components, count, explainedVariance } = filterComponents(checkpoint, componentCount)
  await writeNpy(join(out, 'filters.npy'), { shape: [count, checkpoint.sizes.channels, side, side], data: components })
  await writePicture(join(out, 'filters.png'), filterTiles(channelsLast(components, count, side), count, side))
  return { files: ['filters.npy', 'filters.png'], explainedVariance }
}

/** Nothing for a model without positions. */
export async function writePositions(out: string, checkpoint: Checkpoint): Promise<string[]> {
  const { sizes } = checkpoint
  if (sizes.positions === 'none') return []
  const { tokens, similarity } = positionSimilarity(checkpoint)
  await writeNpy(join(out, 'position-similarity.npy'), { shape: [tokens, tokens], data: similarity })
  const tiles = similarityTiles(betweenPatches(similarity, tokens, prefixTokenCount(sizes)), gridSide(sizes))
  await writePicture(join(out, 'position-similarity.png'), tiles)
  return ['position-similarity.npy', 'position-similarity.png']
}

export async function writeImageFigures(out: string, checkpoint: Checkpoint, input: ModelInput): Promise<string[]> {
  const { Predictor: model } = await import('@engine/vit/predictor')
  const predictor = await model.open(checkpoint)
  try {
    return [
      ...(await writeHeads(out, checkpoint, predictor, input)),
      ...(await writeTokens(out, checkpoint, predictor, input)),
    ]
  } finally {
    predictor.dispose()
  }
}

async function writeHeads(
  out: string,
  { sizes }: Checkpoint,
  predictor: Predictor,
  input: ModelInput,
): Promise<string[]> {
  const { depth, numHeads: heads, patchSize } = sizes
  const maps = await attendAll(predictor, input)
  const distances = attentionDistance(maps, patchSize)
  await writeNpy(join(out, 'distance.npy'), { shape: [depth, heads], data: distances })
  await writePicture(join(out, 'distance.png'), heatTable(distances, heads))
  await writeNpy(join(out, 'entropy.npy'), { shape: [depth, heads], data: attentionEntropy(maps) })
  await writeNpy(join(out, 'head-similarity.npy'), { shape: [depth, heads, heads], data: headSimilarity(maps) })
  return ['distance.npy', 'distance.png', 'entropy.npy', 'head-similarity.npy']
}

async function writeTokens(
  out: string,
  { sizes }: Checkpoint,
  predictor: Predictor,
  input: ModelInput,
): Promise<string[]> {
  const { depth, embedDim: width } = sizes
  const prefix = prefixTokenCount(sizes)
  const patches = gridSide(sizes) ** 2
  const depths = depth + 1
  const components = new Float32Array(input.batch * depths * patches * 3)
  const norms = new Float32Array(input.batch * depths * patches)
  const similarities = new Float32Array(input.batch * depths)
  for (const part of parts(input)) {
    const { tokens } = await predictor.look(part.pixels, part.batch)
    for (const [at, rows] of tokens.entries()) {
      for (let image = 0; image < part.batch; image++) {
        const place = (part.start + image) * depths + at
        const start = (image * (prefix + patches) + prefix) * width
        const own = rows.subarray(start, start + patches * width)
        components.set(componentScores(own, patches, width).scores, place * patches * 3)
        norms.set(rowNorms(own, patches, width), place * patches)
        similarities[place] = meanSimilarity(own, patches, width)
      }
    }
  }
  const { batch } = input
  await writeNpy(join(out, 'token-components.npy'), { shape: [batch, depths, patches, 3], data: components })
  await writeNpy(join(out, 'token-norms.npy'), { shape: [batch, depths, patches], data: norms })
  await writeNpy(join(out, 'token-similarity.npy'), { shape: [batch, depths], data: similarities })
  return ['token-components.npy', 'token-norms.npy', 'token-similarity.npy']
}

/** objects.json: how well the maps of each method find the objects. @throws VitrineError `invalid-input` without masks */
export async function writeDatasetFigures(
  out: string,
  checkpoint: Checkpoint,
  { dataset, most }: { dataset: string; most: number },
  places: EnginePlaces,
  context: JobContext,
): Promise<{ objects: Partial<Record<MapMethod, LocalisationReport>> }> {
  const opened = await resolveDataset(dataset, places.home, places.resources, context)
  const { Predictor: model } = await import('@engine/vit/predictor')
  const predictor = await model.open(checkpoint)
  try {
    const objects: Partial<Record<MapMethod, LocalisationReport>> = {}
    for (const method of mapMethods) {
      const recipe = {
        method,
        layer: checkpoint.sizes.depth - 1,
        fusion: 'mean',
        residual: true,
        discard: 0,
        classIndex: null,
      } as const
      objects[method] = await searchObjects(opened, checkpoint, recipe, most, (work) => work(predictor), context)
    }
    await writeFileAtomic(join(out, 'objects.json'), `${JSON.stringify(objects, null, 1)}\n`)
    return { objects }
  } finally {
    predictor.dispose()
    await opened.close()
  }
}

async function writePicture(path: string, picture: RgbImage): Promise<void> {
  await writeFileAtomic(path, await encodePng(picture))
}
