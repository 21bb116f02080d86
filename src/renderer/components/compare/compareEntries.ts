import type { ListedRun } from '@shared/contract/runRecords'
import { compareLetter, compareStyle, type CompareStyle } from '../../charts/compareColours'
import type { EffectiveTheme } from '../../theme'
import { runTitle } from '../runs/runWords'
import { seedGroups, withoutSeedWords } from './seedGroups'

/** What is compared as one: a run, or runs that differ only in their seed. */
export interface CompareEntry extends CompareStyle {
  key: string
  letter: string
  name: string
  runs: readonly [ListedRun, ...ListedRun[]]
}

function nameOf([first, ...others]: CompareEntry['runs']): string {
  return others.length === 0 ? runTitle(first) : `${withoutSeedWords(runTitle(first))} · ${others.length + 1} seeds`
}

/** The entries in the order of the runs, each with a hue and a letter of its own. */
export function compareEntries(
  runs: readonly ListedRun[],
  groupsSeeds: boolean,
  theme: EffectiveTheme,
): CompareEntry[] {
  const groups = groupsSeeds ? seedGroups(runs) : runs.map((run) => [run])
  return groups.flatMap(([first, ...others], place): CompareEntry[] => {
    if (first === undefined) return []
    const members: CompareEntry['runs'] = [first, ...others]
    return [
      {
        key: first.record.id,
        letter: compareLetter(place),
        name: nameOf(members),
        runs: members,
        ...compareStyle(place, theme),
      },
    ]
  })
}
