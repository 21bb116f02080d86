import type { RunSummary } from '@shared/contract/records'
import { augmentPresets } from '@shared/config/augmentPresets'
import { presetNames } from '@shared/config/modelPresets'
import type { DatasetFacts } from '@shared/config/runConfig'
import type { SweepPlan, SweptValue } from '@shared/sweep/expandSweep'
import {
  sweepRangeSchema,
  sweepSamplesSchema,
  sweepSeedSchema,
  type Sweep,
  type SweepRange,
  type SweepValue,
} from '@shared/sweep/sweep'
import { formatSetting } from '../format/numbers'
import { augmentWords } from '../settings/dataSettings'
import { settingAt } from '../settings/draftPath'
import type { Setting } from '../settings/setting'
import { applies, emptyWords, settingGroups, settingLabel } from '../settings/settingGroups'
import type { TrainDraft } from './trainDraft'
import { expectedTime, trainWork } from './trainPlan'

/** A setting that shall vary, as the dialog holds it while it is filled in. */
export interface AxisDraft {
  id: number
  path: string
  values: 'list' | 'range'
  /** Numbers as they are typed. */
  typed: string
  /** Values of what is no number, as texts. */
  chosen: string[]
  range: { from: number | null; to: number | null; count: number | null; scale: SweepRange['scale'] }
}

export interface SweepDraft {
  axes: AxisDraft[]
  method: 'grid' | 'random'
  samples: number | null
  seed: number | null
}

export type RangePart = 'from' | 'to' | 'count'

export interface AxisProblem {
  part: 'values' | RangePart
  message: string
}

export type CheckedSweep =
  | { ok: true; sweep: Sweep }
  | { ok: false; axes: ReadonlyMap<number, AxisProblem>; samples?: string | undefined; seed?: string | undefined }

/** Settings that a sweep can vary in this form: those that have an effect, but for whole sections. */
export function sweptSettings(draft: TrainDraft): { title: string; settings: Setting[] }[] {
  return settingGroups
    .map(({ title, settings }) => ({
      title,
      settings: settings.filter(({ kind }) => kind !== 'section' && kind !== 'checkpoint'),
    }))
    .map(({ title, settings }) => ({ title, settings: settings.filter((setting) => applies(setting, draft)) }))
    .filter(({ settings }) => settings.length > 0)
}

export function settingOf(path: string): Setting | null {
  for (const { settings } of settingGroups) {
    const found = settings.find((setting) => setting.path === path)
    if (found !== undefined) return found
  }
  return null
}

/** The values that a setting can have which is no number. */
export function valueOptions(setting: Setting, datasets: readonly { id: string; name: string }[]) {
  switch (setting.kind) {
    case 'switch':
      return [
        { value: 'true', label: 'On' },
        { value: 'false', label: 'Off' },
      ]
    case 'choice':
      return Object.entries(setting.words).map(([value, label]) => ({ value, label }))
    case 'preset':
      return presetNames.map((value) => ({ value, label: `ViT-${value}` }))
    case 'augment':
      return augmentPresets.map((value) => ({ value, label: augmentWords[value] }))
    case 'dataset':
      return datasets.map(({ id, name }) => ({ value: id, label: name }))
    default:
      return []
  }
}

/** The setting with the value that the form has, to which others are added. */
export function newAxis(id: number, path: string, draft: TrainDraft): AxisDraft {
  const value = settingAt(draft, path)
  const number = typeof value === 'number' ? value : null
  return {
    id,
    path,
    values: 'list',
    typed: number === null ? '' : formatSetting(number),
    chosen: typeof value === 'boolean' ? ['true', 'false'] : typeof value === 'string' ? [value] : [],
    range: { from: number, to: number === null ? null : number * 10, count: 3, scale: 'linear' },
  }
}

function listValues(axis: AxisDraft, setting: Setting, draft: TrainDraft): SweepValue[] | AxisProblem {
  if (setting.kind === 'switch') return axis.chosen.map((value) => value === 'true')
  if (setting.kind !== 'number') return axis.chosen
  const empty = emptyWords(setting, draft)
  const values: SweepValue[] = []
  for (const word of axis.typed.split(/[\s,;]+/).filter((part) => part !== '')) {
    const value = word === empty ? null : Number(word)
    if (Number.isNaN(value)) return { part: 'values', message: `“${word}” is no number` }
    values.push(value)
  }
  return values
}

function rangeOf({ range }: AxisDraft): SweepRange | AxisProblem {
  const parsed = sweepRangeSchema.safeParse(range)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const part = issue?.path[0]
  const message = issue?.code === 'invalid_type' ? 'must be a number' : (issue?.message ?? 'is not valid')
  return { part: part === 'to' || part === 'count' ? part : 'from', message }
}

function axisValues(axis: AxisDraft, draft: TrainDraft): SweepValue[] | SweepRange | AxisProblem {
  const setting = settingOf(axis.path)
  if (setting === null) return { part: 'values', message: 'needs a setting' }
  if (setting.kind === 'number' && axis.values === 'range') return rangeOf(axis)
  const values = listValues(axis, setting, draft)
  return Array.isArray(values) && values.length === 0
    ? { part: 'values', message: 'must be at least one value' }
    : values
}

export function checkSweep({ axes, method, samples, seed }: SweepDraft, draft: TrainDraft): CheckedSweep {
  const settings: Sweep['settings'] = {}
  const problems = new Map<number, AxisProblem>()
  for (const axis of axes) {
    const values = axisValues(axis, draft)
    if ('part' in values) problems.set(axis.id, values)
    else settings[axis.path] = values
  }
  const drawn = sweepSamplesSchema.safeParse(samples)
  const seeded = sweepSeedSchema.safeParse(seed)
  if (problems.size > 0) return { ok: false, axes: problems }
  if (method === 'grid') return { ok: true, sweep: { settings, samples: null, seed: 42 } }
  if (drawn.success && seeded.success) return { ok: true, sweep: { settings, samples: drawn.data, seed: seeded.data } }
  return {
    ok: false,
    axes: problems,
    samples: drawn.error?.issues[0]?.message,
    seed: seeded.error?.issues[0]?.message,
  }
}

/** "learning rate" within a name; "MLP ratio" stays. */
export function labelInName(path: string): string {
  const label = settingLabel(path)
  return /^\p{Lu}\p{Ll}/u.test(label) ? `${label.charAt(0).toLowerCase()}${label.slice(1)}` : label
}

/** What sets a run of a sweep apart: "Learning rate 1e-3 · Seed 2". */
export function valuesWords(values: readonly SweptValue[]): string {
  return values.map(({ path, value }) => `${settingLabel(path)} ${valueWords(path, value)}`).join(' · ')
}

function valueWords(path: string, value: SweepValue): string {
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : formatSetting(value)
  if (typeof value === 'boolean') return value ? 'on' : 'off'
  if (value === null) return 'empty'
  const setting = settingOf(path)
  return setting?.kind === 'choice' ? (setting.words[value] ?? value) : value
}

/**
 * How long the runs of a sweep take together at the pace of earlier runs like them, and how many of
 * them have none; null where all have none.
 */
export function sweepTime(
  plan: SweepPlan,
  facts: (dataset: string) => DatasetFacts | null,
  runs: readonly RunSummary[],
): { seconds: number; unknown: number } | null {
  const times = plan.runs.map(({ config }) => {
    const known = facts(config.data.dataset)
    return expectedTime(config, trainWork(config, known), known, runs)
  })
  const known = times.filter((time) => time !== null)
  if (known.length === 0) return null
  return { seconds: known.reduce((sum, time) => sum + time.seconds, 0), unknown: times.length - known.length }
}
