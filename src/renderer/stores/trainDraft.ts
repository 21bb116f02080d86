import type { PresetName } from '@shared/config/modelPresets'
import { presetSizes } from '@shared/config/modelPresets'
import { modelSizes, type RunConfig } from '@shared/config/runConfig'

/** A number field is null while it is empty. */
type NumberField = number | null

/** What the form holds; `configOf` makes the configuration of it. */
export interface TrainDraft {
  name: string
  seed: NumberField
  dataset: string
  imageSize: NumberField
  augment: RunConfig['data']['augment']
  shuffle: boolean
  normalize: RunConfig['data']['normalize']
  preset: PresetName | 'own'
  patchSize: NumberField
  embedDim: NumberField
  depth: NumberField
  numHeads: NumberField
  mlpRatio: NumberField
  dropout: NumberField
  attentionDropout: NumberField
  dropPath: NumberField
  init: RunConfig['init']
  epochs: NumberField
  batchSize: NumberField
  maxSteps: NumberField
  precision: RunConfig['train']['precision']
  lr: NumberField
  beta1: NumberField
  beta2: NumberField
  eps: NumberField
  weightDecay: NumberField
  decayNormAndBias: boolean
  schedule: RunConfig['train']['schedule']['name']
  warmupEpochs: NumberField
  warmupStartLr: NumberField
  minLr: NumberField
  labelSmoothing: NumberField
  clipGradNorm: NumberField
  stopsEarly: boolean
  monitor: 'val_loss' | 'val_acc'
  patience: NumberField
}

export function draftOf(config: RunConfig): TrainDraft {
  const { data, model, train } = config
  const sizes = modelSizes(model)
  const ownSizes = [model.patchSize, model.embedDim, model.depth, model.numHeads, model.mlpRatio].some(
    (size) => size !== undefined,
  )
  return {
    name: config.name,
    seed: config.seed,
    dataset: data.dataset,
    imageSize: data.imageSize ?? null,
    augment: data.augment,
    shuffle: data.shuffle,
    normalize: data.normalize,
    preset: model.preset === undefined || ownSizes ? 'own' : model.preset,
    ...sizes,
    init: config.init,
    epochs: train.epochs,
    batchSize: train.batchSize,
    maxSteps: train.maxSteps,
    precision: train.precision,
    lr: train.optimizer.lr,
    beta1: train.optimizer.betas[0],
    beta2: train.optimizer.betas[1],
    eps: train.optimizer.eps,
    weightDecay: train.optimizer.weightDecay,
    decayNormAndBias: train.optimizer.decayNormAndBias,
    schedule: train.schedule.name,
    warmupEpochs: train.schedule.warmupEpochs,
    warmupStartLr: train.schedule.warmupStartLr,
    minLr: train.schedule.minLr,
    labelSmoothing: train.labelSmoothing,
    clipGradNorm: train.clipGradNorm,
    stopsEarly: train.earlyStopping !== null,
    monitor: train.earlyStopping?.monitor ?? 'val_loss',
    patience: train.earlyStopping?.patience ?? 5,
  }
}

/** A preset's sizes go into the fields, so that "own sizes" starts from them. */
export function withPreset(draft: TrainDraft, preset: TrainDraft['preset']): TrainDraft {
  return preset === 'own' ? { ...draft, preset } : { ...draft, ...presetSizes(preset), preset }
}

/** What a run is called that the person gave no name: its dataset and its model. */
export function suggestedName(draft: TrainDraft, datasetName: string): string {
  const own = `d${draft.embedDim ?? '?'} L${draft.depth ?? '?'} p${draft.patchSize ?? '?'}`
  return `${datasetName} ${draft.preset === 'own' ? own : `ViT-${draft.preset}`}`.slice(0, 120)
}

function modelOf(draft: TrainDraft): Record<string, unknown> {
  const { dropout, attentionDropout, dropPath } = draft
  if (draft.preset !== 'own') return { preset: draft.preset, dropout, attentionDropout, dropPath }
  const { patchSize, embedDim, depth, numHeads, mlpRatio } = draft
  return { patchSize, embedDim, depth, numHeads, mlpRatio, dropout, attentionDropout, dropPath }
}

/** Empty fields stay null, so that the schema says what is missing; `parseRunConfig` judges the rest. */
export function configOf(draft: TrainDraft): unknown {
  return {
    name: draft.name,
    seed: draft.seed,
    data: {
      dataset: draft.dataset,
      imageSize: draft.imageSize ?? undefined,
      augment: draft.augment,
      shuffle: draft.shuffle,
      normalize: draft.normalize,
    },
    model: modelOf(draft),
    init: draft.init,
    train: {
      epochs: draft.epochs,
      batchSize: draft.batchSize,
      precision: draft.precision,
      maxSteps: draft.maxSteps,
      optimizer: {
        lr: draft.lr,
        betas: [draft.beta1, draft.beta2],
        eps: draft.eps,
        weightDecay: draft.weightDecay,
        decayNormAndBias: draft.decayNormAndBias,
      },
      schedule: {
        name: draft.schedule,
        warmupEpochs: draft.warmupEpochs,
        warmupStartLr: draft.warmupStartLr,
        minLr: draft.minLr,
      },
      labelSmoothing: draft.labelSmoothing,
      clipGradNorm: draft.clipGradNorm,
      earlyStopping: draft.stopsEarly ? { monitor: draft.monitor, patience: draft.patience } : null,
    },
  }
}
