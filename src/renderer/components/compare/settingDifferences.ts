import type { ListedRun } from '@shared/contract/runRecords'
import { formatBytes, formatCount, formatSetting } from '../../format/numbers'
import { settingAt } from '../../settings/draftPath'
import { applies, settingGroups, settingWords } from '../../settings/settingGroups'
import { draftOf } from '../../stores/trainDraft'
import { accuracyWords, bestWords, epochWords, statusWords, timeWords } from '../runs/runWords'

/** The settings of several runs, side by side. */

export interface ComparedRow {
  name: string
  /** One for each entry, in their order. */
  values: string[]
  isDifferent: boolean
}

export interface ComparedGroup {
  title: string
  rows: ComparedRow[]
}

type Entry = readonly [ListedRun, ...ListedRun[]]

const nothing = '–'

/** What the runs of an entry have, each value once: "42, 43". */
function entryWords(entry: Entry, words: (run: ListedRun) => string): string {
  return [...new Set(entry.map(words))].join(', ')
}

function row(name: string, entries: readonly Entry[], words: (run: ListedRun) => string): ComparedRow {
  const values = entries.map((entry) => entryWords(entry, words))
  return { name, values, isDifferent: new Set(values).size > 1 }
}

/** How the runs came out; these rows are always of interest. */
export function comparedResults(entries: readonly Entry[], now: number): ComparedGroup {
  return {
    title: 'Results',
    rows: [
      row('Status', entries, (run) => statusWords[run.record.status]),
      row('Best', entries, bestWords),
      row('Accuracy at the end', entries, accuracyWords),
      row('Epochs', entries, epochWords),
      row('Time', entries, (run) => timeWords(run, now)),
      row('Size on disk', entries, (run) => formatBytes(run.sizeBytes)),
    ],
  }
}

/** Every setting that has an effect in one of the runs, in the groups of the form. */
export function comparedSettings(entries: readonly Entry[]): ComparedGroup[] {
  const drafts = new Map(entries.flat().map((run) => [run, draftOf(run.record.config)]))
  const draft = (run: ListedRun) => drafts.get(run) ?? draftOf(run.record.config)
  const facts: ComparedGroup = {
    title: 'Run',
    rows: [
      row('Dataset', entries, ({ record }) => record.dataset.name),
      row('Training images', entries, ({ record }) => formatCount(record.dataset.trainCount)),
      row('Parameters', entries, ({ record }) => formatCount(record.parameters)),
      row('Steps an epoch', entries, ({ record }) => formatCount(record.stepsPerEpoch)),
      row('Device', entries, ({ record }) => record.device),
    ],
  }
  const groups = settingGroups.map(({ title, settings }): ComparedGroup => ({
    title,
    rows: settings
      .filter((setting) => entries.flat().some((run) => applies(setting, draft(run))))
      .map((setting) =>
        row(setting.label, entries, (run) =>
          applies(setting, draft(run)) ? settingWords(setting, draft(run)) || nothing : nothing,
        ),
      ),
  }))
  return [facts, ...groups]
}

/** Only what is not the same everywhere; groups without such rows go. */
export function differencesOnly(groups: readonly ComparedGroup[]): ComparedGroup[] {
  return groups
    .map(({ title, rows }) => ({ title, rows: rows.filter(({ isDifferent }) => isDifferent) }))
    .filter(({ rows }) => rows.length > 0)
}

/** A setting that differs between runs: what charts show against a figure. */
export interface DifferingSetting {
  path: string
  label: string
  /** A number, or words; a dash where it has no effect. */
  valueOf: (run: ListedRun) => number | string
}

/** The settings that differ between runs, the seed last. */
export function differingSettings(runs: readonly ListedRun[]): DifferingSetting[] {
  const found = settingGroups.flatMap(({ settings }) =>
    settings.flatMap((setting): DifferingSetting[] => {
      const valueOf = (run: ListedRun) => {
        const draft = draftOf(run.record.config)
        if (!applies(setting, draft)) return nothing
        const value = settingAt(draft, setting.path)
        return typeof value === 'number' ? value : settingWords(setting, draft) || nothing
      }
      // That it has no effect in some of them follows from another setting.
      const values = new Set(runs.map(valueOf).filter((value) => value !== nothing))
      return values.size < 2 ? [] : [{ path: setting.path, label: setting.label, valueOf }]
    }),
  )
  return [...found.filter(({ path }) => path !== 'seed'), ...found.filter(({ path }) => path === 'seed')]
}

/** Places of a logarithmic axis are no round numbers: 9.999999999999999e-5 is 1e-4. */
export function differingWords(value: number | string): string {
  return typeof value === 'number' ? formatSetting(Number(value.toPrecision(6))) : value
}
