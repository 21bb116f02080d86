import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { checkpointFile } from '@shared/checkpointNames'
import type { CheckpointRef, ImageRef } from '@shared/contract/records'
import { VitrineError } from '@shared/errors'
import { homeFolders } from '@shared/folders'
import { normalisePixels } from '@engine/data/preprocess'
import type { EnginePlaces } from '@engine/job'
import { readCheckpoint, type Checkpoint } from '@engine/vit/checkpoint'
import { forImageSize } from '@engine/vit/otherImageSize'
import { Predictor } from '@engine/vit/predictor'
import { attentionMapsOf, type AttentionMaps } from './attentionMaps'
import { BoundedCache } from './boundedCache'
import { relevanceMaps } from './gradientRollout'
import { imageKey, loadImage, type SourceImage } from './imageSource'
import { inGrey } from './overlay'

/** Models that stay in memory: enough to compare two with a third on the way. */
const keptModels = 3
/** Images' attention that stays in memory. */
const keptPassBytes = 512 * 2 ** 20

export interface OpenModel {
  /** As `keyOf` gives it. */
  key: string
  checkpoint: Checkpoint
  /** Side of the images in pixels that the checkpoint was made for. */
  ownImageSize: number
  /** Opened when the first image is shown; weights alone need no TensorFlow. */
  predictor(): Promise<Predictor>
  dispose(): void
}

/** One image that went through a model. */
export interface ForwardPass {
  key: string
  image: SourceImage
  /** [3, side, side], normalised. */
  pixels: Float32Array
  logits: Float32Array
  maps: AttentionMaps
  /** [tokens, width] before the first block and after each. */
  tokens: Float32Array[]
  /** Attention weighted with the gradient of the class that was asked for last. */
  relevance: { classIndex: number; maps: AttentionMaps } | null
}

/** Keeps the models and passes that were used last, so that the next question about them is quick. */
export class OpenModels {
  private readonly models = new BoundedCache<OpenModel>(keptModels, (model) => model.dispose())
  private readonly passes = new BoundedCache<ForwardPass>(keptPassBytes)

  constructor(private readonly places: EnginePlaces) {}

  /** @throws VitrineError `not-found`, `unreadable`, `invalid-input` */
  async open(ref: CheckpointRef): Promise<OpenModel> {
    const key = await this.keyOf(ref)
    const open = this.models.get(key)
    if (open !== undefined) return open
    const heads = ref.from === 'file' ? ref.heads : undefined
    const own = await readCheckpoint(this.checkpointPath(ref), heads === undefined ? {} : { heads })
    const checkpoint = ref.imageSize === undefined ? own : forImageSize(own, ref.imageSize)
    const model = modelOf(key, checkpoint, own.sizes.imageSize)
    this.models.set(key, model, 1)
    return model
  }

  /** Tells a checkpoint from others, and from an earlier content of the same file. @throws VitrineError `not-found` */
  async keyOf(ref: CheckpointRef): Promise<string> {
    const path = this.checkpointPath(ref)
    const stats = await stat(path).catch(() => null)
    if (stats === null) throw new VitrineError('not-found', `There is no checkpoint ${path}: choose another.`)
    const heads = ref.from === 'file' ? ref.heads : undefined
    return JSON.stringify([path, stats.mtimeMs, stats.size, heads, ref.imageSize])
  }

  /** The image's pass through the model, from memory where it was made before. */
  async pass(model: OpenModel, ref: ImageRef): Promise<ForwardPass> {
    const key = `${model.key}|${await imageKey(ref)}`
    const known = this.passes.get(key)
    if (known !== undefined) return known
    const { sizes, normalize } = model.checkpoint
    const image = await loadImage(ref, sizes.imageSize, this.places)
    const predictor = await model.predictor()
    const pixels = normalisePixels(image.modelInput.pixels, sizes.imageSize, normalize.mean, normalize.std)
    const { logits, attention, tokens } = await predictor.look(pixels, 1)
    const maps = attentionMapsOf(model.checkpoint, attention, 1)
    const modelInput = sizes.channels === 1 ? inGrey(image.modelInput) : image.modelInput
    const pass: ForwardPass = { key, image: { ...image, modelInput }, pixels, logits, maps, tokens, relevance: null }
    this.passes.set(key, pass, passBytes(pass))
    return pass
  }

  /** Attention of a pass weighted with the gradient of one class's logit. */
  async relevance(model: OpenModel, pass: ForwardPass, classIndex: number): Promise<AttentionMaps> {
    if (pass.relevance?.classIndex !== classIndex) {
      const predictor = await model.predictor()
      const gradients = await predictor.attentionGradients(pass.pixels, 1, [classIndex])
      pass.relevance = { classIndex, maps: relevanceMaps(pass.maps, gradients) }
    }
    return pass.relevance.maps
  }

  clear(): void {
    this.models.clear()
    this.passes.clear()
  }

  private checkpointPath(ref: CheckpointRef): string {
    if (ref.from === 'file') return ref.path
    return join(runFolderOf(this.places.home, ref.runId), ...checkpointFile(ref.name))
  }
}

/** @throws VitrineError `invalid-input` for what leads elsewhere */
export function runFolderOf(home: string, runId: string): string {
  if (/[/\\]|^\.\.?$/.test(runId)) throw new VitrineError('invalid-input', `There is no run ${runId}.`)
  return join(home, homeFolders.runs, runId)
}

function modelOf(key: string, checkpoint: Checkpoint, ownImageSize: number): OpenModel {
  let predictor: Predictor | null = null
  return {
    key,
    checkpoint,
    ownImageSize,
    async predictor() {
      predictor ??= await Predictor.open(checkpoint)
      return predictor
    },
    dispose: () => predictor?.dispose(),
  }
}

function passBytes({ image, pixels, maps, tokens }: ForwardPass): number {
  // Twice the attention: weighted with a gradient it is as large again.
  const arrays = [...maps.layers, ...maps.layers, ...tokens, pixels, image.picturePng, image.modelInput.pixels]
  return arrays.reduce((sum, array) => sum + array.byteLength, 0)
}
