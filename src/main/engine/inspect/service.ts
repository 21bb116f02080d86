import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { EngineInput, EngineOutput } from '@shared/contract/engineRoutes'
import type { Artifact, CheckpointRef, ImageRef, ImageReport, ModelInfo, Prediction } from '@shared/contract/records'
import { VitrineError } from '@shared/errors'
import { homeFolders, runFiles } from '@shared/folders'
import { countParameters } from '@shared/model/size'
import { normalisePixels } from '@engine/data/preprocess'
import type { EnginePlaces } from '@engine/job'
import { readCheckpoint, type Checkpoint } from '@engine/vit/checkpoint'
import { Predictor } from '@engine/vit/predictor'
import { ArtifactStore } from './artifactStore'
import { headMatrix, type AttentionMaps } from './attentionMaps'
import { BoundedCache } from './boundedCache'
import { imageKey, loadImage, type SourceImage } from './imageSource'
import { encodePng } from './overlay'
import { softmax } from './probabilities'
import { rolloutOfQuery } from './rollout'
import { channelsLast, filterComponents, positionSimilarity, withoutClassToken } from './weightViews'

/** Models that stay in memory: enough to compare two with a third on the way. */
const keptModels = 3
/** Images' attention that stays in memory. */
const keptPassBytes = 512 * 2 ** 20

interface OpenModel {
  /** Tells this checkpoint from others, and from an earlier content of the same file. */
  key: string
  checkpoint: Checkpoint
  /** Opened when the first image is shown; weights alone need no TensorFlow. */
  predictor: Predictor | null
}

/** One image that went through a model. */
interface ForwardPass {
  image: SourceImage
  logits: Float32Array
  maps: AttentionMaps
}

/**
 * Answers the window's questions about models and images. Bulk results are files; each answer
 * carries their addresses. Questions are answered one after another.
 */
export class InspectService {
  private readonly places: EnginePlaces
  private readonly artifacts: ArtifactStore
  private readonly models = new BoundedCache<OpenModel>(keptModels, (model) => model.predictor?.dispose())
  private readonly passes = new BoundedCache<ForwardPass>(keptPassBytes)
  private last: Promise<unknown> = Promise.resolve()

  constructor(places: EnginePlaces) {
    this.places = places
    this.artifacts = new ArtifactStore(places.home, process.pid)
  }

  /** Sizes, classes and origin of a checkpoint. @throws VitrineError `not-found`, `unreadable`, `invalid-input`. */
  model({ checkpoint }: EngineInput<'inspect.model'>): Promise<ModelInfo> {
    return this.inTurn(async () => {
      const { title, sizes, classes, epoch } = (await this.openModel(checkpoint)).checkpoint
      return { title, sizes, classes, parameters: countParameters(sizes), epoch }
    })
  }

  /** The model's prediction for an image, the image itself and what the model gets of it. */
  image({ checkpoint, image }: EngineInput<'inspect.image'>): Promise<ImageReport> {
    return this.inTurn(async () => {
      const model = await this.openModel(checkpoint)
      const pass = await this.forwardPass(model, image)
      const { name, width, height, label, picturePng, modelInput } = pass.image
      return {
        name,
        width,
        height,
        label,
        predictions: rankedPredictions(pass.logits, model.checkpoint.classes),
        picture: await this.artifacts.picture('picture', picturePng),
        modelInput: await this.artifacts.picture('input', await encodePng(modelInput)),
      }
    })
  }

  /** Attention of one query token in every layer and head: [layers, heads, tokens]. */
  attention({ checkpoint, image, query }: EngineInput<'inspect.attention'>): Promise<Artifact> {
    return this.inTurn(async () => {
      const { maps } = await this.forwardPass(await this.openModel(checkpoint), image)
      checkQuery(query, maps.tokens)
      const { heads, tokens, layers } = maps
      const rows = new Float32Array(layers.length * heads * tokens)
      for (let layer = 0; layer < layers.length; layer++) {
        for (let head = 0; head < heads; head++) {
          const row = headMatrix(maps, layer, 0, head).subarray(query * tokens, (query + 1) * tokens)
          rows.set(row, (layer * heads + head) * tokens)
        }
      }
      return this.artifacts.array('attention', [layers.length, heads, tokens], rows)
    })
  }

  /** Rollout of one query token: [tokens]. */
  rollout({ checkpoint, image, query, ...options }: EngineInput<'inspect.rollout'>): Promise<Artifact> {
    return this.inTurn(async () => {
      const { maps } = await this.forwardPass(await this.openModel(checkpoint), image)
      checkQuery(query, maps.tokens)
      return this.artifacts.array('rollout', [maps.tokens], rolloutOfQuery(maps, 0, query, options))
    })
  }

  /** Principal components of the patch filters: [count, side, side, 3], and the variance along each. */
  filters({ checkpoint, count }: EngineInput<'inspect.filters'>): Promise<EngineOutput<'inspect.filters'>> {
    return this.inTurn(async () => {
      const model = await this.openModel(checkpoint)
      const side = model.checkpoint.sizes.patchSize
      const found = filterComponents(model.checkpoint, count)
      const pictures = channelsLast(found.components, found.count, side)
      return {
        components: await this.artifacts.array('filters', [found.count, side, side, 3], pictures),
        explainedVariance: found.explainedVariance,
      }
    })
  }

  /** Cosine similarity between the position embeddings of patches: [patches, patches]. */
  positions({ checkpoint }: EngineInput<'inspect.positions'>): Promise<Artifact> {
    return this.inTurn(async () => {
      const { tokens, similarity } = positionSimilarity((await this.openModel(checkpoint)).checkpoint)
      return this.artifacts.array('positions', [tokens - 1, tokens - 1], withoutClassToken(similarity, tokens))
    })
  }

  /** Frees the models and deletes the files that were written. */
  dispose(): Promise<void> {
    return this.inTurn(async () => {
      this.models.clear()
      this.passes.clear()
      await this.artifacts.clear()
    })
  }

  /** A model that another question pushes out of memory must not be in use. */
  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.last.then(work, work)
    this.last = turn.catch(() => undefined)
    return turn
  }

  private async openModel(ref: CheckpointRef): Promise<OpenModel> {
    const path = this.checkpointPath(ref)
    const stats = await stat(path).catch(() => null)
    if (stats === null) throw new VitrineError('not-found', `There is no checkpoint ${path}: choose another.`)
    const key = `${path}@${stats.mtimeMs}:${stats.size}`
    const open = this.models.get(key)
    if (open !== undefined) return open
    const model: OpenModel = { key, checkpoint: await readCheckpoint(path), predictor: null }
    this.models.set(key, model, 1)
    return model
  }

  private checkpointPath(ref: CheckpointRef): string {
    if (ref.from === 'file') return ref.path
    if (/[/\\]|^\.\.?$/.test(ref.runId)) throw new VitrineError('invalid-input', `There is no run ${ref.runId}.`)
    const folder = join(this.places.home, homeFolders.runs, ref.runId, runFiles.checkpoints)
    return join(folder, `${ref.name}.safetensors`)
  }

  private async forwardPass(model: OpenModel, ref: ImageRef): Promise<ForwardPass> {
    const key = `${model.key}|${await imageKey(ref)}`
    const known = this.passes.get(key)
    if (known !== undefined) return known
    const { sizes, normalize } = model.checkpoint
    const image = await loadImage(ref, sizes.imageSize, this.places)
    model.predictor ??= await Predictor.open(model.checkpoint)
    const pixels = normalisePixels(image.modelInput.pixels, sizes.imageSize, normalize.mean, normalize.std)
    const { logits, attention } = await model.predictor.attend(pixels, 1)
    const tokens = Math.round(Math.sqrt((attention[0]?.length ?? 0) / sizes.numHeads))
    const pass = { image, logits, maps: { layers: attention, batch: 1, heads: sizes.numHeads, tokens } }
    this.passes.set(key, pass, passBytes(pass))
    return pass
  }
}

function passBytes({ image, maps }: ForwardPass): number {
  const attention = maps.layers.reduce((sum, layer) => sum + layer.byteLength, 0)
  return attention + image.picturePng.byteLength + image.modelInput.pixels.byteLength
}

function checkQuery(query: number, tokens: number): void {
  if (query < tokens) return
  throw new VitrineError(
    'invalid-input',
    `The model has ${tokens} tokens, so there is no token ${query}: choose another.`,
  )
}

/** All classes, most probable first. */
function rankedPredictions(logits: Float32Array, classes: readonly string[]): Prediction[] {
  const probabilities = softmax(logits)
  return Array.from(logits, (logit, index) => ({
    class: classes[index] ?? `class ${index}`,
    probability: probabilities[index] ?? 0,
    logit,
  })).sort((a, b) => b.logit - a.logit)
}
