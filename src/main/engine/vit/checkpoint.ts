import { basename } from 'node:path'
import { z } from 'zod'
import { vitSizesSchema, type VitSizes } from '@shared/config/modelConfig'
import { normalizationSchema } from '@shared/contract/records'
import { VitrineError } from '@shared/errors'
import { normalizationFor } from '@shared/greyscale'
import { parseJson } from '@shared/json'
import { tokenCount } from '@shared/model/size'
import { writeSafetensors } from '../formats/safetensors'
import { readTensorFile } from '../formats/tensorFile'
import { readFactsBeside } from './besideCheckpoint'
import { fitParameters } from './fitParameters'
import { inferSizes } from './inferSizes'
import { headsOfFlax } from './layouts/googleLayout'
import type { LayoutName } from './layouts/layout'
import { mapToTimm } from './layouts/mapToTimm'
import type { Weights } from './parameters'
import { inferHead, isHeadless, withHead } from './publishedHeads'
import { sinusoidalPositions } from './sinusoidalPositions'
import { arrangeTimmVariants } from './timmVariants'

/** Model, weights and what is needed to use them, as kept in one safetensors file. */
export interface Checkpoint {
  sizes: VitSizes
  classes: string[]
  normalize: { mean: number[]; std: number[] }
  weights: Weights
  /** Epochs that were finished when it was written, where the file says so. */
  epoch: number | null
  /** Steps that had been made of the epoch after. */
  stepInEpoch?: number
  title: string
  /** Whose names the file had, and tensors of it that the model doesn't need; only of a file that was read. */
  source?: { layout: LayoutName; unused: Weights }
}

/** Key of our own entry in the file's metadata. */
const metadataKey = 'vitrine'

const metadataSchema = z.object({
  format: z.literal(1),
  sizes: vitSizesSchema,
  classes: z.array(z.string()),
  normalize: normalizationSchema,
  epoch: z.int().nullable(),
  stepInEpoch: z.int().min(0).default(0),
  title: z.string(),
})

/** Mean and deviation of ImageNet's colours: what published models expect unless their file says otherwise. */
export const imagenetNormalization = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] }

/** Fixed positions go into the file too, as timm keeps them, so that other programs can use it. */
function withFixedPositions(weights: Weights, sizes: VitSizes): Weights {
  if (sizes.positions !== 'sinusoidal') return weights
  const table = { shape: [1, tokenCount(sizes), sizes.embedDim], data: sinusoidalPositions(sizes) }
  return new Map(weights).set('pos_embed', table)
}

/** Our own entry in the metadata of a file, with all that is not in its tensors. */
export function metadataOf({
  sizes,
  classes,
  normalize,
  epoch,
  stepInEpoch,
  title,
}: Checkpoint): Record<string, string> {
  return { [metadataKey]: JSON.stringify({ format: 1, sizes, classes, normalize, epoch, stepInEpoch, title }) }
}

/** @param extraMetadata further entries of the file's metadata */
export async function writeCheckpoint(
  path: string,
  checkpoint: Checkpoint,
  extraMetadata: Record<string, string> = {},
): Promise<void> {
  const { weights, sizes } = checkpoint
  await writeSafetensors(path, withFixedPositions(weights, sizes), {
    format: 'pt',
    ...metadataOf(checkpoint),
    ...extraMetadata,
  })
}

function parseMetadata(metadata: Record<string, string>): z.output<typeof metadataSchema> | null {
  const text = metadata[metadataKey]
  if (text === undefined) return null
  const parsed = metadataSchema.safeParse(parseJson(text))
  return parsed.success ? parsed.data : null
}

function sizesFromTensors(weights: Weights, heads: number | undefined, file: string): VitSizes {
  const sizes = inferSizes(weights, heads, file)
  return { ...sizes, ...inferHead(weights, sizes.embedDim) }
}

/** Where a published model's files don't say it: the original ViTs take colours from −1 to 1, all others ImageNet's. */
function usualNormalization(layout: LayoutName, sizes: VitSizes): Checkpoint['normalize'] {
  const original = sizes.layerScale === null && sizes.registerTokens === 0
  const symmetric = layout === 'google' || (layout === 'huggingface' && original)
  return symmetric ? { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] } : imagenetNormalization
}

/**
 * Reads a checkpoint of any kind that `readTensorFile` and `mapToTimm` know. Sizes come from our own
 * metadata, or from the tensors' shapes and the files beside a published model.
 * @throws VitrineError `not-found`, `unreadable`, or `invalid-input` naming the tensors that don't fit
 */
export async function readCheckpoint(path: string, options: { heads?: number } = {}): Promise<Checkpoint> {
  const { tensors, metadata } = await readTensorFile(path)
  const file = basename(path)
  const own = parseMetadata(metadata)
  const stored: Weights = new Map([...tensors].map(([name, { shape, data }]) => [name, { shape, data }]))
  const { layout, weights: mapped, unused } = mapToTimm(stored, file)
  const arranged = withHead(arrangeTimmVariants(mapped))
  const numClasses = arranged.get('head.bias')?.data.length ?? 0
  const beside = own === null ? await readFactsBeside(path, numClasses) : {}
  const heads = options.heads ?? own?.sizes.numHeads ?? beside.heads ?? headsOfFlax(stored)
  // What was exported for another program may have been completed for it, so its tensors count.
  const sizes = own !== null && layout === 'timm' ? own.sizes : sizesFromTensors(arranged, heads, file)
  if (options.heads !== undefined) sizes.numHeads = options.heads
  if (sizes.embedDim % sizes.numHeads !== 0) {
    throw new VitrineError(
      'invalid-input',
      `${sizes.numHeads} heads do not divide the width ${sizes.embedDim} of ${file}.`,
    )
  }
  const word = isHeadless(arranged) ? 'feature' : 'class'
  return {
    sizes,
    weights: fitParameters(arranged, sizes, file),
    classes: own?.classes ?? beside.classes ?? Array.from({ length: sizes.numClasses }, (_, i) => `${word} ${i}`),
    normalize: normalizationFor(
      sizes.channels,
      own?.normalize ?? beside.normalize ?? usualNormalization(layout, sizes),
    ),
    epoch: own?.epoch ?? null,
    stepInEpoch: own?.stepInEpoch ?? 0,
    title: own?.title ?? file,
    source: { layout, unused },
  }
}
