import type { AugmentRecipe } from '@shared/config/augmentRecipe'
import { presetSizes, type PresetName } from '@shared/config/modelPresets'
import type { RunConfig } from '@shared/config/runConfig'

/** A setting as a form holds it: a number is null while its field is empty, and so is what may be left out. */
type Draft<T> = T extends number
  ? number | null
  : T extends string | boolean | null | AugmentRecipe
    ? T
    : { [K in keyof T]-?: Draft<Exclude<T[K], undefined>> | (undefined extends T[K] ? null : never) }

/** Augmentation is a preset's name, a recipe, or the text of one while it is typed. */
type TypedData = Omit<RunConfig['data'], 'augment'> & { augment: string | AugmentRecipe }

/** What the form holds: the configuration itself, in its own shape. */
export type TrainDraft = Draft<Omit<RunConfig, 'data'> & { data: TypedData }>

export const sizeNames = ['patchSize', 'embedDim', 'depth', 'numHeads', 'mlpRatio'] as const
export type ModelSizes = Record<(typeof sizeNames)[number], number | null>

/** No size of its own: each is the preset’s. */
export const noSizes: Readonly<ModelSizes> = {
  patchSize: null,
  embedDim: null,
  depth: null,
  numHeads: null,
  mlpRatio: null,
}

export function draftOf(config: RunConfig): TrainDraft {
  const { preset, patchSize, embedDim, depth, numHeads, mlpRatio } = config.model
  const normalize = config.data.normalize
  return structuredClone({
    ...config,
    data: { ...config.data, imageSize: config.data.imageSize ?? null, normalize: normalize ?? null },
    model: {
      ...config.model,
      preset: preset ?? null,
      patchSize: patchSize ?? null,
      embedDim: embedDim ?? null,
      depth: depth ?? null,
      numHeads: numHeads ?? null,
      mlpRatio: mlpRatio ?? null,
    },
  })
}

/** Empty fields stay null, so that the schema says what is missing; `parseRunConfig` judges the rest. */
export function configOf(draft: TrainDraft): unknown {
  const { preset, patchSize, embedDim, depth, numHeads, mlpRatio } = draft.model
  return {
    ...draft,
    data: {
      ...draft.data,
      imageSize: draft.data.imageSize ?? undefined,
      normalize: draft.data.normalize ?? undefined,
    },
    model: {
      ...draft.model,
      preset: preset ?? undefined,
      patchSize: patchSize ?? undefined,
      embedDim: embedDim ?? undefined,
      depth: depth ?? undefined,
      numHeads: numHeads ?? undefined,
      mlpRatio: mlpRatio ?? undefined,
    },
  }
}

/** The sizes of the model: what is typed in, and the preset's for the rest. */
export function shownSizes({ model }: TrainDraft): ModelSizes {
  const preset: ModelSizes = model.preset === null ? { ...noSizes, mlpRatio: 4 } : presetSizes(model.preset)
  return {
    patchSize: model.patchSize ?? preset.patchSize,
    embedDim: model.embedDim ?? preset.embedDim,
    depth: model.depth ?? preset.depth,
    numHeads: model.numHeads ?? preset.numHeads,
    mlpRatio: model.mlpRatio ?? preset.mlpRatio,
  }
}

/** A preset brings all its sizes; own sizes (null) start from those that were there. */
export function withPreset(draft: TrainDraft, preset: PresetName | null): TrainDraft {
  return { ...draft, model: { ...draft.model, ...(preset === null ? shownSizes(draft) : noSizes), preset } }
}

/** What a run is called that the person gave no name: its dataset and its model. */
export function suggestedName(draft: TrainDraft, datasetName: string): string {
  const { preset } = draft.model
  const hasOwnSizes = sizeNames.some((name) => draft.model[name] !== null)
  const { embedDim, depth, patchSize } = shownSizes(draft)
  const own = `d${embedDim ?? '?'} L${depth ?? '?'} p${patchSize ?? '?'}`
  return `${datasetName} ${preset === null || hasOwnSizes ? own : `ViT-${preset}`}`.slice(0, 120)
}
