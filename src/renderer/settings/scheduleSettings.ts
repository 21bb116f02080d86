import { formatSetting } from '../format/numbers'
import type { TrainDraft } from '../stores/trainDraft'
import { choice, number, type SettingGroup } from './setting'

const scheduleWords = {
  'chained-warmup-cosine': 'Cosine, chained',
  'warmup-cosine': 'Cosine',
  linear: 'Linear',
  step: 'Steps',
  constant: 'Constant',
} as const

function isConstant({ train }: TrainDraft): boolean {
  return train.schedule.name === 'constant'
}

function isStepped({ train }: TrainDraft): boolean {
  return train.schedule.name === 'step'
}

function warmsUp(draft: TrainDraft): boolean {
  return !isConstant(draft) && draft.train.schedule.warmupEpochs !== 0
}

export const scheduleGroup: SettingGroup = {
  title: 'Schedule',
  settings: [
    choice(
      'train.schedule.name',
      'Schedule',
      'How the rate falls after its warm-up, as the curve beside shows; chained lets the cosine fall during the warm-up too.',
      scheduleWords,
    ),
    number('train.schedule.warmupEpochs', 'Warm-up epochs', 'Epochs in which the rate rises to its full value.', {
      step: 1,
      applies: (draft) => !isConstant(draft),
    }),
    number('train.schedule.stepEpochs', 'Epochs a step', 'After every so many epochs the rate falls by the factor.', {
      step: 5,
      applies: isStepped,
    }),
    number('train.schedule.gamma', 'Factor', 'What the rate is multiplied by at every step down.', {
      step: 0.1,
      applies: isStepped,
    }),
    number('train.schedule.minLr', 'Lowest rate', 'The rate that the schedule falls to in the end.', {
      applies: (draft) => !isConstant(draft) && !isStepped(draft),
    }),
    number('train.schedule.warmupStartLr', 'Warm-up start', 'The rate that the warm-up begins with.', {
      advanced: true,
      applies: warmsUp,
    }),
    choice(
      'train.schedule.interval',
      'Changes',
      'Whether the rate changes once an epoch or a little with every step.',
      { epoch: 'Every epoch', step: 'Every step' },
      { advanced: true, applies: (draft) => !isConstant(draft) },
    ),
  ],
  summary: (draft) => {
    const { name, warmupEpochs } = draft.train.schedule
    const words = scheduleWords[name]
    const epochs = warmupEpochs === null ? '–' : formatSetting(warmupEpochs)
    return isConstant(draft) ? words : `${words} · ${epochs} warm-up epochs`
  },
}
