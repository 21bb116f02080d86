import { optimizerWords } from '@shared/config/trainConfig'
import { formatSetting } from '../format/numbers'
import type { TrainDraft } from '../stores/trainDraft'
import { choice, number, onOff, section, type SettingGroup } from './setting'

function isSgd(draft: TrainDraft): boolean {
  return draft.train.optimizer.name === 'sgd'
}

function decays(draft: TrainDraft): boolean {
  return draft.train.optimizer.weightDecay !== 0
}

export const optimiserGroup: SettingGroup = {
  title: 'Optimiser',
  settings: [
    number('train.epochs', 'Epochs', 'Passes over all training images.', { step: 1 }),
    number('train.batchSize', 'Batch size', 'Images whose gradients are taken at once.', { step: 32 }),
    choice(
      'train.optimizer.name',
      'Optimiser',
      'How gradients become steps: AdamW suits most, SGD wants a far higher rate, LAMB suits very large batches.',
      optimizerWords,
    ),
    number('train.optimizer.lr', 'Learning rate', 'Length of the steps at the top of the schedule.'),
    number(
      'train.optimizer.weightDecay',
      'Weight decay',
      'Every step pulls the weights towards zero by this much; AdamW and LAMB times the learning rate.',
      { step: 0.01 },
    ),
    number(
      'train.gradAccumulation',
      'Accumulation',
      'Batches whose gradients are averaged before each step: a larger batch in the memory of a smaller one.',
      { step: 1 },
    ),
    number(
      'train.clipGradNorm',
      'Clip gradient',
      'Longest gradient that is let through; longer ones are scaled down.',
      {
        advanced: true,
        step: 0.5,
        empty: 'off',
      },
    ),
    number('train.optimizer.betas.0', 'β₁', 'Share of the running mean of gradients that each step keeps.', {
      advanced: true,
      applies: (draft) => !isSgd(draft),
    }),
    number('train.optimizer.betas.1', 'β₂', 'Share of the running mean of squared gradients that each step keeps.', {
      advanced: true,
      applies: (draft) => !isSgd(draft),
    }),
    number('train.optimizer.eps', 'Epsilon', 'A small number that keeps the division by a tiny gradient in bounds.', {
      advanced: true,
      applies: (draft) => !isSgd(draft),
    }),
    number('train.optimizer.momentum', 'Momentum', 'Share of the last step that is carried into the next.', {
      advanced: true,
      step: 0.05,
      applies: isSgd,
    }),
    onOff('train.optimizer.nesterov', 'Nesterov', 'The gradient is taken as if the carried step had been made.', {
      advanced: true,
      applies: (draft) => isSgd(draft) && draft.train.optimizer.momentum !== 0,
    }),
    onOff(
      'train.optimizer.decayNormAndBias',
      'Decay norms',
      'Whether weight decay also acts on the norms’ scales and on all biases.',
      { advanced: true, applies: decays },
    ),
    onOff(
      'train.optimizer.decayTokens',
      'Decay tokens',
      'Whether weight decay also acts on class token, register tokens and positions.',
      { advanced: true, applies: decays },
    ),
    number(
      'train.optimizer.layerDecay',
      'Layer decay',
      'Each block’s learning rate is this times that of the block above; 1 is the same for all, 0.75 suits fine-tuning.',
      { advanced: true, step: 0.05 },
    ),
    section(
      'train.ema',
      'Average weights',
      'A moving average of the weights is kept, evaluated and saved beside the weights themselves.',
      () => ({ decay: 0.9999 }),
      { advanced: true },
    ),
    number(
      'train.ema.decay',
      'Average’s decay',
      'Share of the average that each step keeps: 0.999 looks back over about 1000 steps.',
      { advanced: true },
    ),
  ],
  summary: ({ train }) => {
    const words = (value: number | null) => (value === null ? '–' : formatSetting(value))
    const { name, lr, weightDecay } = train.optimizer
    const batches = train.gradAccumulation === 1 ? '' : ` × ${words(train.gradAccumulation)}`
    return `${optimizerWords[name]} · ${words(train.epochs)} epochs · batch ${words(train.batchSize)}${batches} · rate ${words(lr)} · decay ${words(weightDecay)}`
  },
}
