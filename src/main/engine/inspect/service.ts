import { join } from 'node:path'
import type { EngineInput, EngineOutput } from '@shared/contract/engineRoutes'
import type { Artifact, CheckpointRef, ImageRef, ImageReport, ModelInfo } from '@shared/contract/records'
import { VitrineError } from '@shared/errors'
import { runFiles } from '@shared/folders'
import { countParameters, gridSide, prefixTokenCount, tokenCount } from '@shared/model/size'
import { ProgressReporter } from '@engine/data/progress'
import { resolveDataset } from '@engine/data/resolve'
import type { EnginePlaces, JobContext } from '@engine/job'
import { ArtifactStore } from './artifactStore'
import { augmentSamples } from './augmentSamples'
import { headMatrix } from './attentionMaps'
import { FigureMaker } from './figureMaker'
import { throwIfCalledOff } from './calledOff'
import { attentionDistance } from './distance'
import { faithfulnessReport } from './faithfulnessReport'
import { figureAnswer } from './figureAnswer'
import { figureFile, readFigures, recordedEpochs } from './figureFile'
import { attentionEntropy, headSimilarity } from './headStatistics'
import { checkQuery, MapMaker } from './mapMaker'
import { searchObjects } from './objectSearch'
import { OpenModels, runFolderOf, type ForwardPass, type OpenModel } from './openModels'
import { encodePng, type RgbImage } from './overlay'
import { rowsOf } from './nestedRows'
import { rankedPredictions } from './probabilities'
import { checkRecipe } from './recipeMap'
import { tokenViews } from './tokenViews'
import {
  betweenPatches,
  channelsLast,
  filterComponents,
  patchFilters,
  positionRows,
  positionSimilarity,
} from './weightViews'
import { componentScores } from './componentScores'

/**
 * Answers the window's questions about models and images. Bulk results are files; each answer
 * carries their addresses. Whatever needs the model waits for its turn; long questions take many
 * short turns, so that quick ones come between.
 */
export class InspectService {
  private readonly artifacts: ArtifactStore
  private readonly models: OpenModels
  private readonly maps: MapMaker
  private readonly figureMaker: FigureMaker
  private last: Promise<unknown> = Promise.resolve()

  constructor(private readonly places: EnginePlaces) {
    this.artifacts = new ArtifactStore(places.home, process.pid)
    this.models = new OpenModels(places)
    this.maps = new MapMaker(this.models, (work) => this.inTurn(work))
    this.figureMaker = new FigureMaker(this.models, (work) => this.inTurn(work))
  }

  /** Sizes, classes and origin of a checkpoint. @throws VitrineError `not-found`, `unreadable`, `invalid-input`. */
  model({ checkpoint }: EngineInput<'inspect.model'>): Promise<ModelInfo> {
    return this.withModel(checkpoint, (model) => {
      const { title, sizes, classes, epoch, stepInEpoch = 0, normalize } = model.checkpoint
      const preprocessing = { imageSize: model.ownImageSize, ...normalize }
      return { title, sizes, classes, parameters: countParameters(sizes), epoch, stepInEpoch, preprocessing }
    })
  }

  /** The model's prediction for an image, the image itself and what the model gets of it. */
  image({ checkpoint, image }: EngineInput<'inspect.image'>): Promise<ImageReport> {
    return this.withPass(checkpoint, image, async (pass, model) => {
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
    return this.withPass(checkpoint, image, ({ maps }) => {
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

  /** The map that a recipe makes for one query token: [tokens]. @throws VitrineError `cancelled` */
  async map({ checkpoint, image, query, recipe }: EngineInput<'inspect.map'>, context: JobContext): Promise<Artifact> {
    const { map } = await this.maps.make({ checkpoint, image, query, recipe }, context)
    return this.artifacts.array(recipe.method, [map.length], map)
  }

  /** Deletion and insertion in the order of a map. @throws VitrineError `cancelled` */
  async faithfulness(
    { checkpoint, image, query, recipe }: EngineInput<'inspect.faithfulness'>,
    context: JobContext,
  ): Promise<EngineOutput<'inspect.faithfulness'>> {
    const { map, pass, model } = await this.maps.make({ checkpoint, image, query, recipe }, context)
    const predict = (pixels: Float32Array, batch: number) =>
      this.withModel(checkpoint, async (current) => (await current.predictor()).predict(pixels, batch))
    const explained = { pixels: pass.pixels, logits: pass.logits, maps: pass.maps, index: 0 }
    return faithfulnessReport(explained, model.checkpoint, map, query, recipe, predict, context)
  }

  /** How well a recipe's maps find the objects of a dataset. @throws VitrineError `invalid-input`, `cancelled` */
  async localisation(
    { checkpoint, dataset, recipe, most }: EngineInput<'inspect.localisation'>,
    context: JobContext,
  ): Promise<EngineOutput<'inspect.localisation'>> {
    const model = await this.withModel(checkpoint, (open) => open)
    checkRecipe(recipe, model.checkpoint.sizes)
    const opened = await resolveDataset(dataset, this.places.home, this.places.resources, context)
    try {
      return await searchObjects(
        opened,
        model.checkpoint,
        recipe,
        most,
        (work) => this.withModel(checkpoint, async (current) => work(await current.predictor())),
        context,
      )
    } finally {
      await opened.close()
    }
  }

  /** The patch tokens of an image after so many blocks. */
  tokens({ checkpoint, image, depth }: EngineInput<'inspect.tokens'>): Promise<EngineOutput<'inspect.tokens'>> {
    return this.withPass(checkpoint, image, async (pass, model) => {
      const { sizes } = model.checkpoint
      if (depth > sizes.depth) {
        throw new VitrineError('invalid-input', `The model has ${sizes.depth} blocks: choose a depth up to that.`)
      }
      const views = tokenViews(pass.tokens, depth, sizes.embedDim, prefixTokenCount(sizes))
      const patches = gridSide(sizes) ** 2
      return {
        components: await this.artifacts.array('token-components', [patches, 3], views.scores),
        explainedShares: views.explainedShares,
        similarity: await this.artifacts.array('token-similarity', [patches, patches], views.similarity),
        norms: await this.artifacts.array('token-norms', [sizes.depth + 1, patches], views.norms),
        highNormPatches: views.highNormPatches,
        meanSimilarities: views.meanSimilarities,
      }
    })
  }

  /** Distance, entropy and similarity of every head, averaged over images. @throws VitrineError `cancelled` */
  async heads(
    { checkpoint, images }: EngineInput<'inspect.heads'>,
    context: JobContext,
  ): Promise<EngineOutput<'inspect.heads'>> {
    const progress = new ProgressReporter(context, 'Looking at the heads', images.length)
    const sums: { [K in 'distances' | 'entropies' | 'similarities']: Float32Array } = {
      distances: new Float32Array(),
      entropies: new Float32Array(),
      similarities: new Float32Array(),
    }
    let heads = 1
    for (const image of images) {
      throwIfCalledOff(context, 'Looking at the heads')
      await this.withPass(checkpoint, image, ({ maps }, { checkpoint: { sizes } }) => {
        heads = sizes.numHeads
        sums.distances = added(sums.distances, attentionDistance(maps, sizes.patchSize))
        sums.entropies = added(sums.entropies, attentionEntropy(maps))
        sums.similarities = added(sums.similarities, headSimilarity(maps))
      })
      progress.advance()
    }
    const mean = (sum: Float32Array) => Array.from(sum, (value) => value / images.length)
    return {
      images: images.length,
      distances: rowsOf(mean(sums.distances), heads),
      entropies: rowsOf(mean(sums.entropies), heads),
      similarities: rowsOf(rowsOf(mean(sums.similarities), heads), heads),
    }
  }

  /** What a model looks like at one of its checkpoints. @throws VitrineError `cancelled` */
  async figures(
    { checkpoint, images }: EngineInput<'inspect.figures'>,
    context: JobContext,
  ): Promise<EngineOutput<'inspect.figures'>> {
    return figureAnswer(await this.figureMaker.make(checkpoint, images, context), images.length, this.artifacts)
  }

  /** The epochs whose figures a run has recorded. */
  async recorded({ runId }: EngineInput<'inspect.recorded'>): Promise<EngineOutput<'inspect.recorded'>> {
    return { epochs: await recordedEpochs(this.figureFolder(runId)) }
  }

  /** The figures of one of them. @throws VitrineError `not-found`, `unreadable` */
  async recordedFigures({
    runId,
    epoch,
  }: EngineInput<'inspect.recordedFigures'>): Promise<EngineOutput<'inspect.recordedFigures'>> {
    const { figures, images } = await readFigures(join(this.figureFolder(runId), figureFile(epoch)))
    return { ...(await figureAnswer(figures, images.length, this.artifacts)), images }
  }

  private figureFolder(runId: string): string {
    return join(runFolderOf(this.places.home, runId), runFiles.figures)
  }

  /** The patch filters and their principal components. */
  filters({ checkpoint, count }: EngineInput<'inspect.filters'>): Promise<EngineOutput<'inspect.filters'>> {
    return this.withModel(checkpoint, async (model) => {
      const { patchSize: side, embedDim } = model.checkpoint.sizes
      const found = filterComponents(model.checkpoint, count)
      const pictures = channelsLast(found.components, found.count, side)
      return {
        components: await this.artifacts.array('filter-components', [found.count, side, side, 3], pictures),
        explainedVariance: found.explainedVariance,
        filters: await this.artifacts.array('filters', [embedDim, side, side, 3], patchFilters(model.checkpoint)),
      }
    })
  }

  /** Similarity and components of the patches' position embeddings. @throws VitrineError `invalid-input` without positions */
  positions({ checkpoint }: EngineInput<'inspect.positions'>): Promise<EngineOutput<'inspect.positions'>> {
    return this.withModel(checkpoint, async (model) => {
      const { sizes } = model.checkpoint
      const prefix = prefixTokenCount(sizes)
      const patches = tokenCount(sizes) - prefix
      const { tokens, similarity } = positionSimilarity(model.checkpoint)
      const rows = positionRows(model.checkpoint).subarray(prefix * sizes.embedDim)
      const { scores, explainedShares } = componentScores(rows, patches, sizes.embedDim)
      const between = betweenPatches(similarity, tokens, prefix)
      return {
        similarity: await this.artifacts.array('positions', [patches, patches], between),
        components: await this.artifacts.array('position-components', [patches, 3], scores),
        explainedShares,
      }
    })
  }

  /** Training images as a recipe makes them. @throws VitrineError `not-found`, `invalid-input` */
  async augment(
    { dataset: reference, ...request }: EngineInput<'inspect.augment'>,
    context: JobContext,
  ): Promise<EngineOutput<'inspect.augment'>> {
    const dataset = await resolveDataset(reference, this.places.home, this.places.resources, context)
    try {
      const found = await augmentSamples(dataset, request)
      const picture = async (image: RgbImage) => this.artifacts.picture('augment', await encodePng(image))
      const samples = found.map(async ({ before, after, ...sample }) => ({
        ...sample,
        before: await picture(before),
        after: await picture(after),
      }))
      return { samples: await Promise.all(samples) }
    } finally {
      await dataset.close()
    }
  }

  /** Frees the models and deletes the files that were written. */
  dispose(): Promise<void> {
    return this.inTurn(async () => {
      this.models.clear()
      this.maps.clear()
      this.figureMaker.clear()
      await this.artifacts.clear()
    })
  }

  private withModel<T>(ref: CheckpointRef, work: (model: OpenModel) => T | Promise<T>): Promise<T> {
    return this.inTurn(async () => work(await this.models.open(ref)))
  }

  private withPass<T>(
    ref: CheckpointRef,
    image: ImageRef,
    work: (pass: ForwardPass, model: OpenModel) => T | Promise<T>,
  ): Promise<T> {
    return this.withModel(ref, async (model) => work(await this.models.pass(model, image), model))
  }

  /** A model that another question pushes out of memory must not be in use. */
  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.last.then(work, work)
    this.last = turn.catch(() => undefined)
    return turn
  }
}

/** The sum of two arrays; an empty one is nothing yet. */
function added(sum: Float32Array, values: Float32Array): Float32Array {
  return sum.length === 0 ? values : sum.map((value, i) => value + (values[i] ?? 0))
}
