import { choice, number, type SettingGroup } from './setting'

export const precisionGroup: SettingGroup = {
  title: 'Precision & seed',
  settings: [
    choice(
      'train.precision',
      'Precision',
      'bf16 multiplies matrices with fewer digits, which is up to twice as fast and nearly always good enough.',
      { fp32: 'fp32 (exact)', bf16: 'bf16 (faster)' },
    ),
    number('seed', 'Seed', 'The same seed gives the same first weights, batches and changes to images.', { step: 1 }),
  ],
  summary: ({ train, seed }) => `${train.precision} · seed ${seed ?? '–'}`,
}
