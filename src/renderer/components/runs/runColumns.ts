import type { EpochMetrics } from '@shared/contract/records'
import {
  formatBytes,
  formatCount,
  formatDate,
  formatMeasure,
  formatPercent,
  formatSetting,
  formatShort,
} from '../../format/numbers'
import { settingAt } from '../../settings/draftPath'
import { settingGroups, settingWords } from '../../settings/settingGroups'
import { draftOf } from '../../stores/trainDraft'
import { rowDataset, rowStatus, rowStatusWords, rowTitle, type RunRow } from './runRows'
import { bestWords, epochWords, modelWords, runSeconds, timeWords } from './runWords'

/** A column of the table of runs. */
export interface RunColumn {
  key: string
  title: string
  width: number
  isNumber: boolean
  /** Shown until a person chooses columns. */
  isInitial: boolean
  /** What rows are sorted by; null, which comes last, where a row has no such value. */
  value: (row: RunRow, now: number) => number | string | null
  words: (row: RunRow, now: number) => string
}

const nothing = '–'

type Placed = Pick<RunColumn, 'key' | 'title' | 'width'> & Partial<Pick<RunColumn, 'isInitial'>>

function text(placed: Placed, words: (row: RunRow) => string | null): RunColumn {
  return { isNumber: false, isInitial: false, ...placed, value: words, words: (row) => words(row) ?? nothing }
}

function numbers(
  placed: Placed,
  value: (row: RunRow, now: number) => number | null,
  format: (value: number) => string,
): RunColumn {
  const words = (row: RunRow, now: number) => {
    const found = value(row, now)
    return found === null ? nothing : format(found)
  }
  return { isNumber: true, isInitial: false, ...placed, value, words }
}

/** A figure of the last finished epoch. */
function figure(placed: Placed, value: (epoch: EpochMetrics) => number | null | undefined): RunColumn {
  return numbers(
    placed,
    ({ run }) => (run.lastEpoch === null ? null : (value(run.lastEpoch) ?? null)),
    (found) => (placed.key.endsWith('loss') ? formatMeasure(found) : formatPercent(found)),
  )
}

const settings = new Map(settingGroups.flatMap((group) => group.settings.map((setting) => [setting.path, setting])))

/** A setting of the configuration, worded as the form words it; numbers are sorted as such. */
function setting(path: string, placed: Omit<Placed, 'key'>): RunColumn {
  const valueOf = (row: RunRow) => (row.kind === 'run' ? settingAt(row.run.record.config, path) : undefined)
  const words = (row: RunRow): string => {
    const found = valueOf(row)
    if (row.kind === 'damaged' || found === undefined || found === null) return nothing
    if (typeof found === 'number') return formatSetting(found)
    const known = settings.get(path)
    return known === undefined ? nothing : settingWords(known, draftOf(row.run.record.config))
  }
  const value = (row: RunRow) => {
    const found = valueOf(row)
    return typeof found === 'number' || typeof found === 'string' ? found : null
  }
  const isNumber = path !== 'data.augment' && !path.endsWith('name') && path !== 'train.precision'
  return { isInitial: false, ...placed, key: path, isNumber, value, words }
}

/** Losses count downwards, so that "best first" is one order for all of them. */
function bestValue(row: RunRow): number | null {
  const best = row.kind === 'run' ? row.run.record.best : null
  if (best === null) return null
  return best.monitor === 'val_loss' ? -best.value : best.value
}

/** All columns besides the run's name, in their order. */
export const runColumns: readonly RunColumn[] = [
  text({ key: 'status', title: 'Status', width: 100, isInitial: true }, (row) => rowStatusWords[rowStatus(row)]),
  text({ key: 'dataset', title: 'Dataset', width: 92, isInitial: true }, rowDataset),
  text({ key: 'model', title: 'Model', width: 118, isInitial: true }, (row) =>
    row.kind === 'run' ? modelWords(row.run) : null,
  ),
  setting('train.optimizer.lr', { title: 'Rate', width: 70, isInitial: true }),
  setting('train.batchSize', { title: 'Batch', width: 72 }),
  {
    key: 'best',
    title: 'Best',
    width: 96,
    isNumber: true,
    isInitial: true,
    value: bestValue,
    words: (row) => (row.kind === 'run' ? bestWords(row.run) : nothing),
  },
  figure({ key: 'accuracy', title: 'Accuracy', width: 96 }, (epoch) => epoch.val_acc),
  figure({ key: 'top5', title: 'Top 5', width: 84 }, (epoch) => epoch.val_top5),
  figure({ key: 'balanced', title: 'Balanced', width: 96 }, (epoch) => epoch.val_balanced_acc),
  figure({ key: 'validation-loss', title: 'Loss', width: 80 }, (epoch) => epoch.val_loss),
  figure({ key: 'training-loss', title: 'Training loss', width: 112 }, (epoch) => epoch.train_loss),
  {
    key: 'epochs',
    title: 'Epochs',
    width: 86,
    isNumber: true,
    isInitial: false,
    value: ({ run }) => run.lastEpoch?.epoch ?? 0,
    words: (row) => (row.kind === 'run' ? epochWords(row.run) : String(row.run.lastEpoch?.epoch ?? nothing)),
  },
  {
    key: 'time',
    title: 'Time',
    width: 70,
    isNumber: true,
    isInitial: true,
    value: (row, now) => (row.kind === 'run' ? runSeconds(row.run, now) : null),
    words: (row, now) => (row.kind === 'run' ? timeWords(row.run, now) : nothing),
  },
  numbers({ key: 'size', title: 'Size', width: 86, isInitial: true }, ({ run }) => run.sizeBytes, formatBytes),
  {
    key: 'created',
    title: 'Started',
    width: 120,
    isNumber: true,
    isInitial: true,
    value: (row) => Date.parse(row.kind === 'run' ? row.run.record.createdAt : row.run.createdAt),
    words: (row) => formatDate(row.kind === 'run' ? row.run.record.createdAt : row.run.createdAt),
  },
  numbers(
    { key: 'parameters', title: 'Parameters', width: 104 },
    (row) => (row.kind === 'run' ? row.run.record.parameters : null),
    (count) => formatShort(count),
  ),
  setting('seed', { title: 'Seed', width: 96 }),
  setting('train.optimizer.name', { title: 'Optimiser', width: 96 }),
  setting('train.optimizer.weightDecay', { title: 'Decay', width: 80 }),
  setting('train.schedule.name', { title: 'Schedule', width: 150 }),
  setting('data.augment', { title: 'Augmentation', width: 130 }),
  numbers(
    { key: 'image-size', title: 'Image', width: 84 },
    (row) => (row.kind === 'run' ? row.run.record.sizes.imageSize : null),
    (side) => `${formatCount(side)} px`,
  ),
  setting('model.dropout', { title: 'Dropout', width: 88 }),
  setting('train.precision', { title: 'Precision', width: 92 }),
  text({ key: 'notes', title: 'Notes', width: 180 }, ({ run }) => run.notes.text.split('\n')[0] || null),
]

export const initialColumns: readonly string[] = runColumns.filter(({ isInitial }) => isInitial).map(({ key }) => key)

export interface RunSort {
  /** A column's key, or `name`. */
  key: string
  order: 'ascend' | 'descend'
}

export const newestFirst: RunSort = { key: 'created', order: 'descend' }

/** Sorted by a column; rows without a value come last in both orders, and equal rows stay as they are. */
export function sortedRows(rows: readonly RunRow[], { key, order }: RunSort, now: number): RunRow[] {
  const column = runColumns.find((known) => known.key === key)
  const value = column?.value ?? rowTitle
  const sign = order === 'ascend' ? 1 : -1
  return rows
    .map((row) => ({ row, value: value(row, now) }))
    .sort((a, b) => {
      if (a.value === null || b.value === null) return Number(a.value === null) - Number(b.value === null)
      if (typeof a.value === 'number' && typeof b.value === 'number') return sign * (a.value - b.value)
      return sign * String(a.value).localeCompare(String(b.value), undefined, { numeric: true })
    })
    .map(({ row }) => row)
}
