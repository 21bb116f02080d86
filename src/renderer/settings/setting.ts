import type { DatasetManifest } from '@shared/contract/records'
import type { TrainDraft } from '../stores/trainDraft'
import type { NumberPath, SwitchPath, TextAt, TextPath } from './draftPath'

/** A setting as the form shows it. The tables of all settings are beside this file, one for each group. */
interface Described {
  path: string
  label: string
  /** One sentence of help. */
  help: string
  /** Folded under "More". */
  advanced?: boolean
  /** Whether the setting has an effect beside the others; always, when left out. */
  applies?: (draft: TrainDraft) => boolean
}

export interface NumberSetting extends Described {
  kind: 'number'
  path: NumberPath
  unit?: string
  /** What the arrow keys add. */
  step?: number
  /** What an empty field means. */
  empty?: string | ((draft: TrainDraft) => string)
}

interface SwitchSetting extends Described {
  kind: 'switch'
  path: SwitchPath
}

export interface ChoiceSetting extends Described {
  kind: 'choice'
  path: TextPath
  /** Every value with its name, in the order of the list. */
  words: Readonly<Record<string, string>>
}

/** A part of the configuration that is there or null; its own settings are only shown while it is there. */
export interface SectionSetting extends Described {
  kind: 'section'
  path: 'data.normalize' | 'train.ema' | 'train.earlyStopping'
  /** What it is when it is switched on. */
  initial: (manifest: DatasetManifest | null) => unknown
}

/** Settings with a field of their own. */
interface SpecialSetting extends Described {
  kind: 'dataset' | 'augment' | 'preset' | 'checkpoint'
}

export type Setting = NumberSetting | SwitchSetting | ChoiceSetting | SectionSetting | SpecialSetting

export interface SettingGroup {
  title: string
  settings: readonly Setting[]
  /** What is set, in one line. */
  summary: (draft: TrainDraft, datasetName: string) => string
}

type Rest<S extends Setting> = Omit<S, 'kind' | 'path' | 'label' | 'help'>

export function number(path: NumberPath, label: string, help: string, rest: Rest<NumberSetting> = {}): Setting {
  return { kind: 'number', path, label, help, ...rest }
}

export function onOff(path: SwitchPath, label: string, help: string, rest: Rest<SwitchSetting> = {}): Setting {
  return { kind: 'switch', path, label, help, ...rest }
}

/** Every value that the configuration allows must have its words. */
export function choice<Path extends TextPath>(
  path: Path,
  label: string,
  help: string,
  words: Readonly<Record<TextAt<Path>, string>>,
  rest: Omit<Rest<ChoiceSetting>, 'words'> = {},
): Setting {
  return { kind: 'choice', path, label, help, words, ...rest }
}

export function section(
  path: SectionSetting['path'],
  label: string,
  help: string,
  initial: SectionSetting['initial'],
  rest: Omit<Rest<SectionSetting>, 'initial'> = {},
): Setting {
  return { kind: 'section', path, label, help, initial, ...rest }
}
