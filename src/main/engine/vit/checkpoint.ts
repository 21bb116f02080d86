import { basename } from 'node:path'
import { z } from 'zod'
import { vitSizesSchema, type VitSizes } from '@shared/config/runConfig'
import { elementCount } from '@shared/elementCount'
import { VitrineError } from '@shared/errors'
import { parseJson } from '@shared/json'
import { readSafetensors, writeSafetensors } from '../formats/safetensors'
import { parameterSpecs, type Weights } from './parameters'

/** Model, weights and what is needed to use them, as kept in one safetensors file. */
export interface Checkpoint {
  sizes: VitSizes
  classes: string[]
  normalize: { mean: number[]; std: number[] }
  weights: Weights
  /** Epoch after which it was written, where the file says so. */
  epoch: number | null
  title: string
}

/** Key of our own entry in the file's metadata. */
const metadataKey = 'vitrine'

const metadataSchema = z.object({
  format: z.literal(1),
  sizes: vitSizesSchema,
  classes: z.array(z.string()),
  normalize: z.object({ mean: z.array(z.number()).length(3), std: z.array(z.number()).length(3) }),
  epoch: z.int().nullable(),
  title: z.string(),
})

/** Mean and deviation of ImageNet's colours: what published models expect unless their file says otherwise. */
export const imagenetNormalization = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] }

export async function writeCheckpoint(path: string, checkpoint: Checkpoint): Promise<void> {
  const { sizes, classes, normalize, epoch, title } = checkpoint
  const metadata = JSON.stringify({ format: 1, sizes, classes, normalize, epoch, title })
  await writeSafetensors(path, checkpoint.weights, { format: 'pt', [metadataKey]: metadata })
}

function parseMetadata(metadata: Record<string, string>): z.output<typeof metadataSchema> | null {
  const text = metadata[metadataKey]
  if (text === undefined) return null
  const parsed = metadataSchema.safeParse(parseJson(text))
  return parsed.success ? parsed.data : null
}

function shapeIn(weights: Weights, name: string, rank: number, file: string): readonly number[] {
  const shape = weights.get(name)?.shape
  if (shape?.length !== rank) {
    throw new VitrineError(
      'invalid-input',
      `${file} is not a Vision Transformer in timm’s layout: it has no usable "${name}".`,
    )
  }
  return shape
}

/** Width ÷ 64, the rule of the published models, where it is whole. */
function defaultHeads(width: number, file: string): number {
  if (width % 64 === 0) return width / 64
  throw new VitrineError(
    'invalid-input',
    `${file} does not say how many heads its attention has: give the number with --heads.`,
  )
}

function inferSizes(weights: Weights, heads: number | undefined, file: string): VitSizes {
  const [embedDim = 0, channels = 0, patchSize = 0] = shapeIn(weights, 'patch_embed.proj.weight', 4, file)
  const [, tokens = 0] = shapeIn(weights, 'pos_embed', 3, file)
  const [hidden = 0] = shapeIn(weights, 'blocks.0.mlp.fc1.weight', 2, file)
  const [numClasses = 0] = shapeIn(weights, 'head.weight', 2, file)
  const grid = Math.round(Math.sqrt(tokens - 1))
  if (grid * grid !== tokens - 1) {
    throw new VitrineError(
      'invalid-input',
      `${file} has ${tokens} positions, which are not a square of patches and a class token.`,
    )
  }
  let depth = 0
  while (weights.has(`blocks.${depth}.norm1.weight`)) depth++
  return {
    imageSize: grid * patchSize,
    channels,
    patchSize,
    embedDim,
    depth,
    numHeads: heads ?? defaultHeads(embedDim, file),
    mlpRatio: hidden / embedDim,
    numClasses,
    dropout: 0,
    attentionDropout: 0,
    dropPath: 0,
  }
}

function checkWeights(weights: Weights, sizes: VitSizes, file: string) {
  for (const { name, shape } of parameterSpecs(sizes)) {
    const weight = weights.get(name)
    if (weight === undefined) throw new VitrineError('invalid-input', `${file} lacks the tensor "${name}".`)
    if (weight.shape.join() !== shape.join() || weight.data.length !== elementCount(shape)) {
      throw new VitrineError(
        'invalid-input',
        `${file}: "${name}" has the shape [${weight.shape.join(', ')}], but the model needs [${shape.join(', ')}].`,
      )
    }
  }
}

/**
 * Reads a checkpoint in timm's layout. Sizes come from our own metadata, or from the tensors' shapes.
 * @throws VitrineError `not-found`, `unreadable`, or `invalid-input` naming the tensor that doesn't fit
 */
export async function readCheckpoint(path: string, options: { heads?: number } = {}): Promise<Checkpoint> {
  const { tensors, metadata } = await readSafetensors(path)
  const file = basename(path)
  const weights: Weights = new Map([...tensors].map(([name, { shape, data }]) => [name, { shape, data }]))
  const own = parseMetadata(metadata)
  const sizes = own?.sizes ?? inferSizes(weights, options.heads, file)
  if (options.heads !== undefined) sizes.numHeads = options.heads
  if (sizes.embedDim % sizes.numHeads !== 0) {
    throw new VitrineError(
      'invalid-input',
      `${sizes.numHeads} heads do not divide the width ${sizes.embedDim} of ${file}.`,
    )
  }
  checkWeights(weights, sizes, file)
  return {
    sizes,
    weights,
    classes: own?.classes ?? Array.from({ length: sizes.numClasses }, (_, index) => `class ${index}`),
    normalize: own?.normalize ?? imagenetNormalization,
    epoch: own?.epoch ?? null,
    title: own?.title ?? file,
  }
}
