import { formatSetting } from '../format/numbers'
import type { TrainDraft } from '../stores/trainDraft'
import { choice, number, type SettingGroup } from './setting'

function mixes({ train }: TrainDraft): boolean {
  return train.mix.mixupAlpha !== 0 || train.mix.cutmixAlpha !== 0
}

function mixesBothWays({ train }: TrainDraft): boolean {
  return train.mix.mixupAlpha !== 0 && train.mix.cutmixAlpha !== 0
}

export const regularisationGroup: SettingGroup = {
  title: 'Regularisation',
  settings: [
    number('model.dropout', 'Dropout', 'Chance that a number in a token is set to zero while training.', {
      step: 0.05,
    }),
    number('model.attentionDropout', 'Attention dropout', 'Chance that one token’s look at another is left out.', {
      step: 0.05,
    }),
    number(
      'model.dropPath',
      'Drop path',
      'Chance that a whole branch of the last block is left out; it grows with the depth from zero.',
      { step: 0.05 },
    ),
    number('train.labelSmoothing', 'Label smoothing', 'Share of the target that is spread over all classes.', {
      step: 0.05,
    }),
    number(
      'train.mix.mixupAlpha',
      'Mixup',
      'Pairs of images are blended, and so are their labels: 0 is off, 0.2 blends little, 0.8 much.',
      { step: 0.1 },
    ),
    number(
      'train.mix.cutmixAlpha',
      'Cutmix',
      'A rectangle of one image is pasted into another, and the label shared by area: 0 is off, 1 is usual.',
      { step: 0.1 },
    ),
    number('train.mix.probability', 'Mixing chance', 'Chance that a batch is mixed at all.', {
      advanced: true,
      step: 0.1,
      applies: mixes,
    }),
    number('train.mix.switchProbability', 'Cutmix chance', 'Chance that a mixed batch gets cutmix instead of mixup.', {
      advanced: true,
      step: 0.1,
      applies: mixesBothWays,
    }),
    number(
      'train.mix.offEpoch',
      'Mixing ends',
      'From this epoch on nothing is mixed, so that the end is on true images.',
      {
        advanced: true,
        step: 1,
        empty: 'never',
        applies: mixes,
      },
    ),
    choice(
      'train.classWeights',
      'Class weights',
      'Balanced lets rare classes count as much as frequent ones.',
      { none: 'None', balanced: 'Balanced' },
      { advanced: true },
    ),
  ],
  summary: ({ model, train }) => {
    const parts = [
      { name: 'dropout', value: model.dropout },
      { name: 'attention dropout', value: model.attentionDropout },
      { name: 'drop path', value: model.dropPath },
      { name: 'label smoothing', value: train.labelSmoothing },
      { name: 'mixup', value: train.mix.mixupAlpha },
      { name: 'cutmix', value: train.mix.cutmixAlpha },
    ].flatMap(({ name, value }) => (value === null || value === 0 ? [] : [`${name} ${formatSetting(value)}`]))
    return parts.length === 0 ? 'none' : parts.join(' · ')
  },
}
