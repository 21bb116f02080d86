import { basename } from 'node:path'
import { VitrineError } from '@shared/errors'
import { tokenCount } from '@shared/model/size'
import { readNpy } from '@engine/formats/npy'
import { decodeForModel, normalisePixels } from '@engine/data/preprocess'
import { attentionMapsOf, type AttentionMaps } from '@engine/inspect/attentionMaps'
import { relevanceMaps } from '@engine/inspect/gradientRollout'
import type { RgbImage } from '@engine/inspect/overlay'
import { readCheckpoint, type Checkpoint } from '@engine/vit/checkpoint'
import { forImageSize } from '@engine/vit/otherImageSize'
import type { Predictor } from '@engine/vit/predictor'
import type { CommandArguments, OptionTable } from './commandArguments'

/** What the commands on a model have in common: the checkpoint, and images or a ready tensor for it. */

/** How to read the checkpoint. */
export const checkpointOptions: OptionTable = {
  heads: { value: 'N', help: "number of heads, where the checkpoint doesn't say" },
  'image-size': { value: 'N', help: 'side of the images in pixels; positions are interpolated to it' },
}

export const modelOptions: OptionTable = {
  tensor: {
    value: 'X.npy',
    help: '[B,3,H,W] float32 ([B,1,H,W] for a grey model), already normalised, instead of images',
  },
  ...checkpointOptions,
}

/** A batch as the model gets it. */
export interface ModelInput {
  /** [batch, C, side, side], normalised. */
  pixels: Float32Array
  batch: number
  /** What to call each image. */
  names: string[]
}

/** Images at a time: their attention has to fit into memory beside the model. */
const imagesAtATime = 16

/** The checkpoint that the first word names, for images of the size that was asked for. */
export async function readNamedCheckpoint(given: CommandArguments): Promise<Checkpoint> {
  const path =
    given.words[0] ?? given.fail('the checkpoint is missing: give the path of a safetensors, npz or PyTorch file')
  const heads = given.wholeNumber('heads', 1)
  const imageSize = given.wholeNumber('image-size', 1)
  const checkpoint = await readCheckpoint(path, heads === undefined ? {} : { heads })
  return imageSize === undefined ? checkpoint : forImageSize(checkpoint, imageSize)
}

/** The images or the tensor that were given after the checkpoint; undefined when neither was. */
export async function readModelInput(given: CommandArguments, checkpoint: Checkpoint): Promise<ModelInput | undefined> {
  const tensor = given.text('tensor')
  const images = given.words.slice(1)
  if (tensor !== undefined && images.length > 0) return given.fail('give either images or --tensor, not both')
  if (tensor !== undefined) return readTensor(tensor, checkpoint)
  return images.length > 0 ? readImages(images, checkpoint) : undefined
}

async function readTensor(path: string, checkpoint: Checkpoint): Promise<ModelInput> {
  const { shape, data } = await readNpy(path)
  const { imageSize: side, channels } = checkpoint.sizes
  const [batch = 0, ...rest] = shape
  if (!(data instanceof Float32Array)) {
    throw new VitrineError('invalid-input', `${path} must hold float32 values: save it with .astype("float32").`)
  }
  if (rest.length !== 3 || rest[0] !== channels || rest[1] !== side || rest[2] !== side || batch === 0) {
    const message = `${path} has the shape [${shape.join(',')}]: the model needs [B,${channels},${side},${side}], unless --image-size asks for another size.`
    throw new VitrineError('invalid-input', message)
  }
  return { pixels: data, batch, names: Array.from({ length: batch }, (_, index) => `image ${index}`) }
}

async function readImages(paths: readonly string[], { sizes, normalize }: Checkpoint): Promise<ModelInput> {
  const side = sizes.imageSize
  const area = sizes.channels * side * side
  const pixels = new Float32Array(paths.length * area)
  for (const [index, path] of paths.entries()) {
    const decoded = await decodeForModel(path, side)
    pixels.set(normalisePixels(decoded.pixels, side, normalize.mean, normalize.std), index * area)
  }
  return { pixels, batch: paths.length, names: paths.map((path) => basename(path)) }
}

/** The pictures back from the normalised input, for laying maps over them. */
export function inputPictures({ pixels, batch }: ModelInput, { sizes, normalize }: Checkpoint): RgbImage[] {
  const side = sizes.imageSize
  const plane = side * side
  return Array.from({ length: batch }, (_, image) => {
    const bytes = new Uint8Array(3 * plane)
    for (let channel = 0; channel < 3; channel++) {
      // Of a grey model all three are its only channel.
      const source = Math.min(channel, sizes.channels - 1)
      const start = (image * sizes.channels + source) * plane
      for (let i = 0; i < plane; i++) {
        const share = (pixels[start + i] ?? 0) * (normalize.std[source] ?? 1) + (normalize.mean[source] ?? 0)
        bytes[i * 3 + channel] = Math.round(255 * Math.min(1, Math.max(0, share)))
      }
    }
    return { width: side, height: side, pixels: bytes }
  })
}

/** Logits of all images, [batch, classes]. */
export async function predictAll(predictor: Predictor, input: ModelInput): Promise<Float32Array> {
  const logits = new Float32Array(input.batch * predictor.checkpoint.sizes.numClasses)
  for (const part of parts(input)) {
    const found = await predictor.predict(part.pixels, part.batch)
    logits.set(found, part.start * predictor.checkpoint.sizes.numClasses)
  }
  return logits
}

/** Attention of all images. */
export async function attendAll(predictor: Predictor, input: ModelInput): Promise<AttentionMaps> {
  const { checkpoint } = predictor
  const { numHeads: heads, depth } = checkpoint.sizes
  const perImage = heads * tokenCount(checkpoint.sizes) ** 2
  const layers = Array.from({ length: depth }, () => new Float32Array(input.batch * perImage))
  for (const part of parts(input)) {
    const { attention } = await predictor.attend(part.pixels, part.batch)
    attention.forEach((weights, layer) => layers[layer]?.set(weights, part.start * perImage))
  }
  return attentionMapsOf(checkpoint, layers, input.batch)
}

/** Each layer's attention weighted with the gradient of one class per image. */
export async function relevanceOfAll(
  predictor: Predictor,
  input: ModelInput,
  maps: AttentionMaps,
  classIndices: readonly number[],
): Promise<AttentionMaps> {
  const gradients = maps.layers.map((weights) => new Float32Array(weights.length))
  for (const part of parts(input)) {
    const classes = classIndices.slice(part.start, part.start + part.batch)
    const found = await predictor.attentionGradients(part.pixels, part.batch, classes)
    found.forEach((values, layer) => gradients[layer]?.set(values, (part.start * values.length) / part.batch))
  }
  return relevanceMaps(maps, gradients)
}

/** A batch in parts that fit into memory. */
export function parts({ pixels, batch }: ModelInput): { start: number; batch: number; pixels: Float32Array }[] {
  const perImage = pixels.length / batch
  return Array.from({ length: Math.ceil(batch / imagesAtATime) }, (_, index) => {
    const start = index * imagesAtATime
    const end = Math.min(batch, start + imagesAtATime)
    return { start, batch: end - start, pixels: pixels.subarray(start * perImage, end * perImage) }
  })
}
