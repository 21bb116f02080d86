import type { WindowInput, WindowOutput } from '@shared/contract/windowRoutes'
import type { Result } from '@shared/errors'
import { fetchFloatArray, type FloatArray } from './artifacts'
import { invoke } from './client'

type ArrayRoute = 'inspect.attention' | 'inspect.map'

/** Asks the inspection engine and fetches the array that it wrote. */
export async function askArray<R extends ArrayRoute>(route: R, input: WindowInput<R>): Promise<Result<FloatArray>> {
  const answer = await invoke<ArrayRoute>(route, input)
  return answer.ok ? fetchFloatArray(answer.value) : answer
}

/** Fetches several arrays; the first failure is the answer. */
async function fetchAll(artifacts: readonly { url: string; shape: number[] }[]): Promise<Result<FloatArray[]>> {
  const arrays: FloatArray[] = []
  for (const fetched of await Promise.all(artifacts.map(fetchFloatArray))) {
    if (!fetched.ok) return fetched
    arrays.push(fetched.value)
  }
  return { ok: true, value: arrays }
}

const nothing: FloatArray = { shape: [0], values: new Float32Array() }

export interface FilterComponents {
  /** `[count, side, side, 3]` */
  components: FloatArray
  explainedVariance: number[]
  /** `[width, side, side, 3]` */
  filters: FloatArray
}

export async function askFilters(input: WindowInput<'inspect.filters'>): Promise<Result<FilterComponents>> {
  const answer = await invoke('inspect.filters', input)
  if (!answer.ok) return answer
  const fetched = await fetchAll([answer.value.components, answer.value.filters])
  if (!fetched.ok) return fetched
  const [components = nothing, filters = nothing] = fetched.value
  return { ok: true, value: { components, filters, explainedVariance: answer.value.explainedVariance } }
}

export interface PositionViews {
  /** `[patches, patches]` */
  similarity: FloatArray
  /** `[patches, 3]` */
  components: FloatArray
  explainedShares: number[]
}

export async function askPositions(input: WindowInput<'inspect.positions'>): Promise<Result<PositionViews>> {
  const answer = await invoke('inspect.positions', input)
  if (!answer.ok) return answer
  const fetched = await fetchAll([answer.value.similarity, answer.value.components])
  if (!fetched.ok) return fetched
  const [similarity = nothing, components = nothing] = fetched.value
  return { ok: true, value: { similarity, components, explainedShares: answer.value.explainedShares } }
}

export interface TokenViews extends PositionViews {
  /** `[depth + 1, patches]` */
  norms: FloatArray
  highNormPatches: number[]
  meanSimilarities: number[]
}

export async function askTokens(input: WindowInput<'inspect.tokens'>): Promise<Result<TokenViews>> {
  const answer = await invoke('inspect.tokens', input)
  if (!answer.ok) return answer
  const { explainedShares, highNormPatches, meanSimilarities } = answer.value
  const fetched = await fetchAll([answer.value.components, answer.value.similarity, answer.value.norms])
  if (!fetched.ok) return fetched
  const [components = nothing, similarity = nothing, norms = nothing] = fetched.value
  return {
    ok: true,
    value: { components, similarity, norms, explainedShares, highNormPatches, meanSimilarities },
  }
}

export interface EpochFigures extends Omit<
  WindowOutput<'inspect.recordedFigures'>,
  'components' | 'positions' | 'maps'
> {
  /** `[count, side, side, 3]` */
  components: FloatArray
  /** Similarity `[patches, patches]`, and how much more alike neighbours are. */
  positions: { similarity: FloatArray; contrast: number } | null
  /** `[images, 2, patches]`: the last layer's attention and the rollout */
  maps: FloatArray
}

export async function askFigures(input: WindowInput<'inspect.figures'>): Promise<Result<EpochFigures>> {
  const answer = await invoke('inspect.figures', input)
  return answer.ok ? fetchFigures({ ...answer.value, images: [...input.images] }) : answer
}

export async function askRecordedFigures(input: WindowInput<'inspect.recordedFigures'>): Promise<Result<EpochFigures>> {
  const answer = await invoke('inspect.recordedFigures', input)
  return answer.ok ? fetchFigures(answer.value) : answer
}

async function fetchFigures(answer: WindowOutput<'inspect.recordedFigures'>): Promise<Result<EpochFigures>> {
  const { positions, ...figures } = answer
  const fetched = await fetchAll([
    figures.components,
    figures.maps,
    ...(positions === null ? [] : [positions.similarity]),
  ])
  if (!fetched.ok) return fetched
  const [components = nothing, maps = nothing, similarity = nothing] = fetched.value
  return {
    ok: true,
    value: {
      ...figures,
      components,
      maps,
      positions: positions === null ? null : { similarity, contrast: positions.contrast },
    },
  }
}
