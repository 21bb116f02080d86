import type { MapRecipe } from '@shared/contract/mapRecipe'
import type { CheckpointRef, ImageRef } from '@shared/contract/records'
import { VitrineError } from '@shared/errors'
import { ProgressReporter } from '@engine/data/progress'
import type { JobContext } from '@engine/job'
import { BoundedCache } from './boundedCache'
import { flowRunOf } from './calledOff'
import type { ForwardPass, OpenModel, OpenModels } from './openModels'
import { largestIndex } from './probabilities'
import { checkRecipe, recipeMap } from './recipeMap'

/** Attention flows that stay in memory, in numbers: they take long and are small. */
const keptFlowValues = 2 ** 20

export interface MapQuestion {
  checkpoint: CheckpointRef
  image: ImageRef
  query: number
  recipe: MapRecipe
}

/** Makes the maps that recipes describe; a flow is computed outside of the turn that the model needs. */
export class MapMaker {
  private readonly flows = new BoundedCache<Float32Array>(keptFlowValues)

  constructor(
    private readonly models: OpenModels,
    private readonly inTurn: <T>(work: () => Promise<T>) => Promise<T>,
  ) {}

  /** @throws VitrineError `invalid-input` for what the model doesn't have, `cancelled` */
  async make(
    { checkpoint, image, query, recipe }: MapQuestion,
    context: JobContext,
  ): Promise<{ map: Float32Array; pass: ForwardPass; model: OpenModel }> {
    const { pass, model, relevance } = await this.inTurn(async () => {
      const open = await this.models.open(checkpoint)
      const found = await this.models.pass(open, image)
      checkQuery(query, found.maps.tokens)
      checkRecipe(recipe, open.checkpoint.sizes)
      const classIndex = recipe.classIndex ?? largestIndex(found.logits)
      const weighted = recipe.method === 'gradient' ? await this.models.relevance(open, found, classIndex) : null
      return { pass: found, model: open, relevance: weighted }
    })
    const sources = { maps: pass.maps, relevance }
    if (recipe.method !== 'flow') {
      return { map: await recipeMap(sources, 0, query, recipe, flowRunOf(context)), pass, model }
    }
    const key = JSON.stringify([pass.key, query, recipe.fusion, recipe.residual, recipe.discard])
    const known = this.flows.get(key)
    if (known !== undefined) return { map: known, pass, model }
    const progress = new ProgressReporter(context, 'Following the attention flow', pass.maps.tokens)
    const run = flowRunOf(context, () => progress.advance())
    const map = await recipeMap(sources, 0, query, recipe, run)
    this.flows.set(key, map, map.length)
    return { map, pass, model }
  }

  clear(): void {
    this.flows.clear()
  }
}

/** @throws VitrineError `invalid-input` for a token that the model doesn't have */
export function checkQuery(query: number, tokens: number): void {
  if (query < tokens) return
  throw new VitrineError(
    'invalid-input',
    `The model has ${tokens} tokens, so there is no token ${query}: choose another.`,
  )
}
