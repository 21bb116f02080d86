import { join } from 'node:path'
import type { FaithfulnessReport } from '@shared/contract/inspectRoutes'
import type { MapRecipe } from '@shared/contract/mapRecipe'
import { VitrineError } from '@shared/errors'
import { hasClassToken } from '@shared/model/size'
import { ProgressReporter } from '@engine/data/progress'
import { writeFileAtomic } from '@engine/formats/atomicWrite'
import { writeNpy } from '@engine/formats/npy'
import { attentionFlow } from '@engine/inspect/attentionFlow'
import type { AttentionMaps } from '@engine/inspect/attentionMaps'
import { flowRunOf } from '@engine/inspect/calledOff'
import { faithfulnessReport } from '@engine/inspect/faithfulnessReport'
import { gradientRollout } from '@engine/inspect/gradientRollout'
import { fuseHeads } from '@engine/inspect/mixing'
import { encodePng, overlayMap, type RgbImage } from '@engine/inspect/overlay'
import { readOut } from '@engine/inspect/readOut'
import { patchesOf, recipeMap } from '@engine/inspect/recipeMap'
import { rollout } from '@engine/inspect/rollout'
import type { JobContext } from '@engine/job'
import type { Predictor } from '@engine/vit/predictor'
import { relevanceOfAll, type ModelInput } from './modelInput'

/** A batch that went through the model, and what is asked of its attention. */
export interface Attended {
  predictor: Predictor
  input: ModelInput
  pictures: readonly RgbImage[]
  maps: AttentionMaps
  /** [batch, classes] */
  logits: Float32Array
  /** The class of each image whose gradient or probability is followed. */
  classIndices: readonly number[]
  recipe: MapRecipe
}

export interface Written {
  shape: number[]
  files: string[]
}

const overlay = { colours: 'inferno', opacity: 0.6 } as const

/** attention.npy, and for each image and layer the class token's attention, the heads fused. */
export async function writeRaw(out: string, attended: Attended): Promise<Written> {
  const { maps, pictures, recipe } = attended
  const { layers, batch, heads, tokens } = maps
  const perLayer = batch * heads * tokens * tokens
  const joined = new Float32Array(layers.length * perLayer)
  layers.forEach((weights, layer) => joined.set(weights, layer * perLayer))
  const shape = [layers.length, batch, heads, tokens, tokens]
  await writeNpy(join(out, 'attention.npy'), { shape, data: joined })
  const files = ['attention.npy']
  for (const [image, picture] of pictures.entries()) {
    for (let layer = 0; layer < layers.length; layer++) {
      const name = `overlay-${image}-layer-${layer}.png`
      const fused = Float32Array.from(fuseHeads(maps, layer, image, recipe.fusion))
      await writeOverlay(join(out, name), picture, readOut(fused, maps, attended.predictor.checkpoint.sizes))
      files.push(name)
    }
  }
  return { shape, files }
}

export async function writeRollout(out: string, attended: Attended): Promise<Written> {
  return writeMatrices(out, 'rollout.npy', rollout(attended.maps, attended.recipe), attended)
}

export async function writeGradient(out: string, attended: Attended): Promise<Written> {
  const { predictor, input, maps, classIndices, recipe } = attended
  const relevance = await relevanceOfAll(predictor, input, maps, classIndices)
  return writeMatrices(out, 'gradient.npy', gradientRollout(relevance, recipe.fusion), attended)
}

/** flow.npy [B,N] from the class token. @throws VitrineError `invalid-input` without one, `cancelled` */
export async function writeFlow(out: string, attended: Attended, context: JobContext): Promise<Written> {
  const { maps, recipe, pictures } = attended
  requireClassToken(attended)
  const { batch, tokens } = maps
  const progress = new ProgressReporter(context, 'Following the attention flow', batch * tokens)
  const flows = new Float32Array(batch * tokens)
  const files = ['flow.npy']
  for (const [image, picture] of pictures.entries()) {
    const run = flowRunOf(context, () => progress.advance())
    const flow = await attentionFlow(maps, image, 0, recipe, run)
    flows.set(flow, image * tokens)
    files.push(await writeNamedOverlay(out, image, picture, patchesOf(flow, maps)))
  }
  const shape = [batch, tokens]
  await writeNpy(join(out, 'flow.npy'), { shape, data: flows })
  return { shape, files }
}

/** faithfulness.json: one report per image. @throws VitrineError `invalid-input` without a class token, `cancelled` */
export async function writeFaithfulness(
  out: string,
  attended: Attended,
  context: JobContext,
): Promise<FaithfulnessReport[]> {
  const { predictor, input, maps, classIndices, recipe, logits } = attended
  requireClassToken(attended)
  const { checkpoint } = predictor
  const { numClasses } = checkpoint.sizes
  const perImage = input.pixels.length / input.batch
  const relevance = recipe.method === 'gradient' ? await relevanceOfAll(predictor, input, maps, classIndices) : null
  const reports: FaithfulnessReport[] = []
  for (const [index, classIndex] of classIndices.entries()) {
    const map = await recipeMap({ maps, relevance }, index, 0, recipe, flowRunOf(context))
    const explained = {
      pixels: input.pixels.subarray(index * perImage, (index + 1) * perImage),
      logits: logits.subarray(index * numClasses, (index + 1) * numClasses),
      maps,
      index,
    }
    const predict = (pixels: Float32Array, batch: number) => predictor.predict(pixels, batch)
    reports.push(await faithfulnessReport(explained, checkpoint, map, 0, { ...recipe, classIndex }, predict, context))
  }
  await writeFileAtomic(join(out, 'faithfulness.json'), `${JSON.stringify(reports, null, 1)}\n`)
  return reports
}

/** An array [B,N,N] and an overlay per image. */
async function writeMatrices(out: string, file: string, matrices: Float32Array, attended: Attended): Promise<Written> {
  const { batch, tokens } = attended.maps
  const area = tokens * tokens
  const shape = [batch, tokens, tokens]
  await writeNpy(join(out, file), { shape, data: matrices })
  const files = [file]
  for (const [image, picture] of attended.pictures.entries()) {
    const matrix = matrices.subarray(image * area, (image + 1) * area)
    files.push(
      await writeNamedOverlay(out, image, picture, readOut(matrix, attended.maps, attended.predictor.checkpoint.sizes)),
    )
  }
  return { shape, files }
}

function requireClassToken({ predictor }: Attended): void {
  if (hasClassToken(predictor.checkpoint.sizes)) return
  const message = 'The model has no class token, and this starts from it: use --method raw, rollout or gradient.'
  throw new VitrineError('invalid-input', message)
}

async function writeNamedOverlay(out: string, image: number, picture: RgbImage, map: Float32Array): Promise<string> {
  const name = `overlay-${image}.png`
  await writeOverlay(join(out, name), picture, map)
  return name
}

async function writeOverlay(path: string, picture: RgbImage, map: Float32Array): Promise<void> {
  const laidOver = overlayMap(picture, map, Math.round(Math.sqrt(map.length)), overlay)
  await writeFileAtomic(path, await encodePng(laidOver))
}
