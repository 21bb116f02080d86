import { isAugmentPreset } from '@shared/config/augmentPresets'
import { recipeText } from '@shared/config/augmentText'
import { runConfigSchema } from '@shared/config/runConfig'
import { formatSetting } from '../format/numbers'
import { draftOf, type TrainDraft } from '../stores/trainDraft'
import { augmentWords, dataGroup } from './dataSettings'
import { settingAt } from './draftPath'
import { modelGroup } from './modelSettings'
import { optimiserGroup } from './optimiserSettings'
import { precisionGroup } from './precisionSettings'
import { regularisationGroup } from './regularisationSettings'
import { scheduleGroup } from './scheduleSettings'
import type { NumberSetting, Setting } from './setting'
import { stoppingGroup } from './stoppingSettings'

/** The form's groups from top to bottom: between them they hold every setting of a configuration but the name. */
export const settingGroups = [
  dataGroup,
  modelGroup,
  optimiserGroup,
  scheduleGroup,
  regularisationGroup,
  stoppingGroup,
  precisionGroup,
] as const

const labels = new Map(settingGroups.flatMap(({ settings }) => settings.map(({ path, label }) => [path, label])))

/** A setting that the form doesn't show is called by its path. */
export function settingLabel(path: string): string {
  return labels.get(path) ?? path
}

/** "Heads must divide the width." */
export function problemSentence(path: string, message: string): string {
  return `${settingLabel(path)} ${message}.`
}

/** Whether the setting has an effect: its section is on, and nothing else makes it idle. */
export function applies(setting: Setting, draft: TrainDraft): boolean {
  return settingAt(draft, setting.path) !== undefined && (setting.applies?.(draft) ?? true)
}

/** What an empty number stands for. */
export function emptyWords({ empty = '' }: NumberSetting, draft: TrainDraft): string {
  return typeof empty === 'string' ? empty : empty(draft)
}

function augmentationWords(augment: TrainDraft['data']['augment']): string {
  if (typeof augment !== 'string') return recipeText(augment)
  return isAugmentPreset(augment) ? augmentWords[augment] : augment
}

/** What is set, in words. */
export function settingWords(setting: Setting, draft: TrainDraft): string {
  const value = settingAt(draft, setting.path)
  switch (setting.kind) {
    case 'number': {
      if (typeof value !== 'number') return emptyWords(setting, draft)
      const words = formatSetting(value)
      if (setting.unit === undefined) return words
      return `${words} ${value === 1 ? setting.unit.replace(/s$/, '') : setting.unit}`
    }
    case 'switch':
      return value === true ? 'on' : 'off'
    case 'section':
      return value === null ? 'off' : 'on'
    case 'choice':
      return typeof value === 'string' ? (setting.words[value] ?? value) : ''
    case 'augment':
      return augmentationWords(draft.data.augment)
    case 'preset':
      return typeof value === 'string' ? `ViT-${value}` : 'own sizes'
    case 'checkpoint':
      return typeof value === 'string' ? value : 'random weights'
    case 'dataset':
      return typeof value === 'string' ? value : ''
  }
}

/** The schema's own defaults, with every section on. */
const usual = draftOf(
  runConfigSchema.parse({
    data: { dataset: 'any', normalize: { mean: [0, 0, 0], std: [1, 1, 1] } },
    model: { preset: 'S/16' },
    train: { ema: {}, earlyStopping: {} },
  }),
)

function isUsual(setting: Setting, draft: TrainDraft): boolean {
  const value = settingAt(draft, setting.path)
  return setting.kind === 'section' ? value === null : Object.is(value, settingAt(usual, setting.path))
}

/** One line of those settings that are not as usual; the values of a section are said by its name alone. */
export function unusualWords(settings: readonly Setting[], draft: TrainDraft): string {
  return settings
    .filter((setting) => applies(setting, draft) && !isUsual(setting, draft))
    .map((setting) => `${setting.label} ${settingWords(setting, draft)}`)
    .join(' · ')
}
