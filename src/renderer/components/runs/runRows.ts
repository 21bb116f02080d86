import { runStatuses } from '@shared/contract/records'
import type { DamagedRun, ListedRun } from '@shared/contract/runRecords'
import { modelWords, runTitle, statusWords } from './runWords'

/** A row of the table: a run, or a folder whose record can't be read. */
export type RunRow = { kind: 'run'; id: string; run: ListedRun } | { kind: 'damaged'; id: string; run: DamagedRun }

export function runRow(run: ListedRun): RunRow {
  return { kind: 'run', id: run.record.id, run }
}

export function runRows(runs: readonly ListedRun[], damaged: readonly DamagedRun[]): RunRow[] {
  return [...runs.map(runRow), ...damaged.map((run): RunRow => ({ kind: 'damaged', id: run.id, run }))]
}

export function rowTitle(row: RunRow): string {
  return row.kind === 'run' ? runTitle(row.run) : (row.run.name ?? row.id)
}

export function rowDataset(row: RunRow): string | null {
  return row.kind === 'run' ? row.run.record.dataset.name : row.run.dataset
}

const rowStatuses = [...runStatuses, 'damaged'] as const
export type RowStatus = (typeof rowStatuses)[number]

export function rowStatus(row: RunRow): RowStatus {
  return row.kind === 'run' ? row.run.record.status : 'damaged'
}

export const rowStatusWords: Readonly<Record<RowStatus, string>> = { ...statusWords, damaged: 'damaged' }

export interface RunFilter {
  /** Words that must all be found. */
  text: string
  /** Empty for all. */
  statuses: readonly RowStatus[]
  datasets: readonly string[]
  /** A run must have all of these. */
  tags: readonly string[]
  archive: 'hidden' | 'shown' | 'only'
}

export const noFilter: Readonly<RunFilter> = { text: '', statuses: [], datasets: [], tags: [], archive: 'hidden' }

/** Everything of a row that a search looks through, in lower case. */
function searchedText(row: RunRow): string {
  const { notes } = row.run
  const model = row.kind === 'run' ? modelWords(row.run) : ''
  const words = [rowTitle(row), row.id, rowDataset(row) ?? '', model, rowStatusWords[rowStatus(row)], notes.text]
  return [...words, ...notes.tags].join('\n').toLocaleLowerCase()
}

export function filteredRows(rows: readonly RunRow[], filter: RunFilter): RunRow[] {
  const words = filter.text.toLocaleLowerCase().split(/\s+/).filter(Boolean)
  return rows.filter((row) => {
    const { tags, isArchived } = row.run.notes
    if (filter.archive === 'hidden' ? isArchived : filter.archive === 'only' && !isArchived) return false
    if (filter.statuses.length > 0 && !filter.statuses.includes(rowStatus(row))) return false
    if (filter.datasets.length > 0 && !filter.datasets.includes(rowDataset(row) ?? '')) return false
    if (!filter.tags.every((tag) => tags.includes(tag))) return false
    if (words.length === 0) return true
    const text = searchedText(row)
    return words.every((word) => text.includes(word))
  })
}

/** The values that rows can be filtered by, in alphabetical order. */
export function filterChoices(rows: readonly RunRow[]): { statuses: RowStatus[]; datasets: string[]; tags: string[] } {
  const statuses = new Set(rows.map(rowStatus))
  const byName = (a: string, b: string) => a.localeCompare(b)
  const datasets = new Set(rows.map(rowDataset).filter((name) => name !== null))
  return {
    statuses: rowStatuses.filter((status) => statuses.has(status)),
    datasets: [...datasets].sort(byName),
    tags: [...new Set(rows.flatMap((row) => row.run.notes.tags))].sort(byName),
  }
}
