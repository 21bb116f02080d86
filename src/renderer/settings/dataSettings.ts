import { isAugmentPreset, type AugmentPreset } from '@shared/config/augmentPresets'
import { choice, number, onOff, section, type Setting, type SettingGroup } from './setting'

const channels = ['red', 'green', 'blue'] as const

export const augmentWords: Readonly<Record<AugmentPreset, string>> = {
  none: 'None',
  light: 'Light',
  tutorial: 'Many small changes',
  strong: 'Strong',
}

const normalisation: Setting[] = (
  [
    { key: 'mean', label: 'Mean', help: 'is subtracted from' },
    { key: 'std', label: 'Deviation', help: 'divides' },
  ] as const
).flatMap(({ key, label, help }) =>
  channels.map((channel, index) =>
    number(
      `data.normalize.${key}.${index}`,
      `${label}, ${channel}`,
      `This number ${help} every ${channel} value, which goes from 0 to 1.`,
      { advanced: true, step: 0.01 },
    ),
  ),
)

export const dataGroup: SettingGroup = {
  title: 'Data',
  settings: [
    {
      kind: 'dataset',
      path: 'data.dataset',
      label: 'Dataset',
      help: 'The images to learn from; choosing another one also chooses settings that suit it.',
    },
    number('data.imageSize', 'Image size', 'Side of the square that the model sees.', {
      unit: 'px',
      step: 8,
      empty: 'as prepared',
    }),
    {
      kind: 'augment',
      path: 'data.augment',
      label: 'Augmentation',
      help: 'Random changes to each training image, so that the model never sees quite the same one twice.',
    },
    choice(
      'data.colour',
      'Colours',
      'Grey gives the model one channel, the brightness; it suits X-rays, scans and handwriting.',
      { rgb: 'Red, green, blue', grey: 'Grey' },
      { advanced: true },
    ),
    onOff('data.shuffle', 'Shuffle', 'Every epoch takes the training images in a new random order.', {
      advanced: true,
    }),
    choice(
      'data.sampling',
      'Sampling',
      'Balanced shows every class equally often: images of small classes repeat, those of large ones wait their turn.',
      { shuffle: 'Every image once', balanced: 'Balanced classes' },
      { advanced: true },
    ),
    section(
      'data.normalize',
      'Own normalisation',
      'Pixels are shifted and scaled by these numbers; off takes the mean and deviation of the training images.',
      (manifest) =>
        structuredClone(manifest?.statistics ?? { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] }),
      { advanced: true },
    ),
    ...normalisation,
  ],
  summary: (draft, datasetName) => {
    const { imageSize, augment } = draft.data
    const size = imageSize === null ? '' : ` · ${imageSize} px`
    const words = typeof augment === 'string' && isAugmentPreset(augment) ? augmentWords[augment] : 'Own recipe'
    return `${datasetName}${size} · augmentation: ${words.toLowerCase()}`
  },
}
