import type { Monitor } from '@shared/config/trainConfig'
import { formatSetting } from '../format/numbers'
import { choice, number, section, type SettingGroup } from './setting'

const monitorWords: Readonly<Record<Monitor, string>> = {
  val_loss: 'Validation loss',
  val_acc: 'Validation accuracy',
  val_top5: 'Top-5 accuracy',
  val_balanced_acc: 'Balanced accuracy',
}

export const stoppingGroup: SettingGroup = {
  title: 'Stopping & checkpoints',
  settings: [
    section(
      'train.earlyStopping',
      'Stop early',
      'The training ends once the validation images stop getting better.',
      () => ({ monitor: 'val_loss', patience: 5, minDelta: 0 }),
    ),
    choice(
      'train.earlyStopping.monitor',
      'Watch',
      'The figure of the validation images that tells which epoch is the best and when to stop.',
      monitorWords,
    ),
    number('train.earlyStopping.patience', 'Patience', 'Epochs without improvement before the training stops.', {
      unit: 'epochs',
      step: 1,
    }),
    number('train.maxSteps', 'Most steps', 'The training ends in good order after this many steps.', {
      step: 100,
      empty: 'no limit',
    }),
    number('train.timeBudgetMinutes', 'Time limit', 'The training ends in good order after this many minutes.', {
      unit: 'min',
      step: 5,
      empty: 'no limit',
    }),
    number('train.earlyStopping.minDelta', 'Least change', 'A smaller change than this counts as no improvement.', {
      advanced: true,
    }),
    number('train.checkpoints.keepLast', 'Keep newest', 'How many of the newest epochs’ checkpoints are kept.', {
      advanced: true,
      unit: 'epochs',
      step: 1,
    }),
    number(
      'train.checkpoints.everyEpochs',
      'Keep every',
      'A checkpoint is kept for good after every so many epochs, to look back at how the model grew.',
      { advanced: true, unit: 'epochs', step: 1, empty: 'none' },
    ),
  ],
  summary: ({ train }) => {
    const early = train.earlyStopping
    const patience = early === null || early.patience === null ? '–' : formatSetting(early.patience)
    const ends =
      early === null
        ? 'after the last epoch'
        : `early, when ${monitorWords[early.monitor].toLowerCase()} has not improved for ${patience} epochs`
    const limits = [
      ...(train.maxSteps === null ? [] : [`at most ${formatSetting(train.maxSteps)} steps`]),
      ...(train.timeBudgetMinutes === null ? [] : [`at most ${formatSetting(train.timeBudgetMinutes)} min`]),
    ]
    return [ends, ...limits].join(' · ')
  },
}
