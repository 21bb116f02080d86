/** What each setting is called in the form, by its dotted path in the configuration. */
export const fieldLabels = {
  name: 'Run name',
  seed: 'Seed',
  'data.dataset': 'Dataset',
  'data.imageSize': 'Image size',
  'data.augment': 'Augmentation',
  'model.preset': 'Preset',
  'model.patchSize': 'Patch size',
  'model.embedDim': 'Width',
  'model.depth': 'Depth',
  'model.numHeads': 'Heads',
  'model.mlpRatio': 'MLP ratio',
  'model.dropout': 'Dropout',
  'model.attentionDropout': 'Attention dropout',
  'model.dropPath': 'Drop path',
  'train.epochs': 'Epochs',
  'train.batchSize': 'Batch size',
  'train.maxSteps': 'Most steps',
  'train.precision': 'Precision',
  'train.optimizer.lr': 'Learning rate',
  'train.optimizer.weightDecay': 'Weight decay',
  'train.optimizer.betas.0': 'β₁',
  'train.optimizer.betas.1': 'β₂',
  'train.schedule.name': 'Schedule',
  'train.schedule.warmupEpochs': 'Warm-up epochs',
  'train.schedule.warmupStartLr': 'Warm-up start',
  'train.schedule.minLr': 'Lowest rate',
  'train.labelSmoothing': 'Label smoothing',
  'train.clipGradNorm': 'Clip gradient',
  'train.earlyStopping': 'Stop early',
  'train.earlyStopping.monitor': 'Watch',
  'train.earlyStopping.patience': 'Patience',
} as const

export type FieldPath = keyof typeof fieldLabels

const labels = new Map<string, string>(Object.entries(fieldLabels))

/** "Heads must divide the width." A setting that the form doesn't show keeps its path. */
export function fieldSentence(field: string, message: string): string {
  return `${labels.get(field) ?? field} ${message}.`
}
