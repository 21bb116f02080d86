import { formatSetting } from '../../format/numbers'
import type { TrainDraft } from '../../stores/trainDraft'

/** One line for each folded group of the form. */

function setting(value: number | null): string {
  return value === null ? '–' : formatSetting(value)
}

export const augmentWords = { none: 'no augmentation', light: 'light augmentation' } as const
export const scheduleWords = {
  'chained-warmup-cosine': 'warm-up and cosine, chained',
  'warmup-cosine': 'warm-up, then cosine',
  constant: 'constant',
} as const
export const monitorWords = { val_loss: 'validation loss', val_acc: 'validation accuracy' } as const

export function dataSummary(draft: TrainDraft, datasetName: string): string {
  const size = draft.imageSize === null ? '' : ` · ${draft.imageSize} px`
  return `${datasetName}${size} · ${augmentWords[draft.augment]}`
}

export function modelSummary(draft: TrainDraft): string {
  const name = draft.preset === 'own' ? 'own sizes' : draft.preset
  return `${name} · patch ${setting(draft.patchSize)} · width ${setting(draft.embedDim)} · depth ${setting(draft.depth)} · ${setting(draft.numHeads)} heads`
}

export function optimiserSummary(draft: TrainDraft): string {
  return `AdamW · ${setting(draft.epochs)} epochs · batch ${setting(draft.batchSize)} · rate ${setting(draft.lr)} · decay ${setting(draft.weightDecay)}`
}

export function scheduleSummary(draft: TrainDraft): string {
  const words = scheduleWords[draft.schedule]
  return draft.schedule === 'constant' ? words : `${words} · ${setting(draft.warmupEpochs)} warm-up epochs`
}

export function regularisationSummary(draft: TrainDraft): string {
  const parts = [
    { name: 'dropout', value: draft.dropout },
    { name: 'attention dropout', value: draft.attentionDropout },
    { name: 'drop path', value: draft.dropPath },
    { name: 'label smoothing', value: draft.labelSmoothing },
    { name: 'clip', value: draft.clipGradNorm },
  ].filter(({ value }) => value !== null && value > 0)
  return parts.length === 0 ? 'none' : parts.map(({ name, value }) => `${name} ${setting(value)}`).join(' · ')
}

export function stoppingSummary(draft: TrainDraft): string {
  if (!draft.stopsEarly) return 'after the last epoch'
  return `early, when ${monitorWords[draft.monitor]} has not improved for ${setting(draft.patience)} epochs`
}

export function precisionSummary(draft: TrainDraft): string {
  return `${draft.precision} · seed ${setting(draft.seed)}`
}
