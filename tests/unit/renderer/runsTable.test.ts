import { describe, expect, it } from 'vitest'
import { emptyNotes, type DamagedRun } from '@shared/contract/runRecords'
import { initialColumns, runColumns, sortedRows } from '../../../src/renderer/components/runs/runColumns'
import {
  filterChoices,
  filteredRows,
  noFilter,
  runRows,
  type RunFilter,
} from '../../../src/renderer/components/runs/runRows'
import {
  allSelected,
  clicked,
  emptySelection,
  moved,
  stillShown,
  toggled,
} from '../../../src/renderer/components/runs/rowSelection'
import { fileWords } from '../../../src/renderer/components/runs/fileWords'
import { epochMetrics, listedRun, runConfig, runRecord } from '../../support/records'

const dataset = runRecord().dataset
const damagedRun: DamagedRun = {
  id: 'broken',
  folder: '/runs/broken',
  name: null,
  dataset: 'flowers',
  createdAt: '2026-01-04T00:00:00.000Z',
  lastEpoch: { ...epochMetrics(2), val_acc: 0.6 },
  checkpoints: [],
  notes: { ...emptyNotes },
  sizeBytes: 10,
  problems: ['run.json is missing.'],
}
const rows = runRows(
  [
    listedRun(
      { id: 'a', name: 'Small', createdAt: '2026-01-01T00:00:00.000Z', config: runConfig({ seed: 9 }) },
      {
        sizeBytes: 300,
        lastEpoch: { ...epochMetrics(1), val_acc: 0.5 },
        notes: { ...emptyNotes, tags: ['paper'], text: 'First attempt' },
      },
    ),
    listedRun(
      {
        id: 'b',
        name: 'Large',
        status: 'failed',
        createdAt: '2026-01-03T00:00:00.000Z',
        dataset: { ...dataset, name: 'flowers' },
        config: runConfig({ seed: 10, model: { preset: 'B/16' }, train: { optimizer: { lr: 3e-3 } } }),
      },
      { sizeBytes: 2000, notes: { ...emptyNotes, tags: ['paper', 'slow'] } },
    ),
    listedRun(
      { id: 'c', name: 'Old', createdAt: '2026-01-02T00:00:00.000Z' },
      { lastEpoch: { ...epochMetrics(1), val_acc: 0.9 }, notes: { ...emptyNotes, isArchived: true } },
    ),
  ],
  [damagedRun],
)
const found = (filter: Partial<RunFilter>) => filteredRows(rows, { ...noFilter, ...filter }).map(({ id }) => id)
const sorted = (key: string, order: 'ascend' | 'descend') => sortedRows(rows, { key, order }, 0).map(({ id }) => id)

describe('filters', () => {
  it('hide what is archived until it is asked for', () => {
    expect(found({})).toEqual(['a', 'b', 'broken'])
    expect(found({ archive: 'shown' })).toEqual(['a', 'b', 'c', 'broken'])
    expect(found({ archive: 'only' })).toEqual(['c'])
  })

  it.each([
    ['SMALL', ['a']],
    ['attempt first', ['a']],
    ['paper', ['a', 'b']],
    ['flowers', ['b', 'broken']],
    ['b/16', ['b']],
    ['damaged', ['broken']],
    ['paper flowers', ['b']],
    ['nothing like this', []],
  ])('find %j in names, tags, notes, datasets and models', (text, ids) => {
    expect(found({ text })).toEqual(ids)
  })

  it('by status, dataset and tags go together', () => {
    expect(found({ statuses: ['failed', 'damaged'] })).toEqual(['b', 'broken'])
    expect(found({ datasets: ['flowers'], statuses: ['failed'] })).toEqual(['b'])
    expect(found({ tags: ['paper', 'slow'] })).toEqual(['b'])
  })

  it('offer what there is', () => {
    expect(filterChoices(rows)).toEqual({
      statuses: ['finished', 'failed', 'damaged'],
      datasets: ['flowers', 'shapes'],
      tags: ['paper', 'slow'],
    })
  })
})

describe('columns', () => {
  it('sort by numbers, times and names; rows without a value come last both ways', () => {
    expect(sorted('size', 'ascend')).toEqual(['broken', 'a', 'c', 'b'])
    expect(sorted('size', 'descend')).toEqual(['b', 'c', 'a', 'broken'].sort((x, y) => size(y) - size(x)))
    expect(sorted('created', 'descend')).toEqual(['broken', 'b', 'c', 'a'])
    expect(sorted('accuracy', 'descend')).toEqual(['c', 'broken', 'a', 'b'])
    expect(sorted('accuracy', 'ascend')).toEqual(['a', 'broken', 'c', 'b'])
    expect(sorted('name', 'ascend')).toEqual(['broken', 'b', 'c', 'a'])
    // As numbers, 9 comes before 10.
    expect(sorted('seed', 'ascend').slice(0, 2)).toEqual(['a', 'b'])
    expect(sorted('train.optimizer.lr', 'descend')[0]).toBe('b')
  })

  it('all have words for every row, damaged ones too', () => {
    const words = (key: string, id: string) => {
      const column = runColumns.find((known) => known.key === key)
      const row = rows.find((known) => known.id === id)
      if (column === undefined || row === undefined) throw new Error(`${key} or ${id} is not there`)
      return column.words(row, 0)
    }
    expect(words('train.optimizer.lr', 'b')).toBe('0.003')
    expect(words('model', 'b')).toBe('ViT-B/16')
    expect(words('notes', 'a')).toBe('First attempt')
    expect(words('status', 'broken')).toBe('damaged')
    for (const { key } of runColumns) expect(words(key, 'broken')).not.toBe('')
    expect(words('best', 'broken')).toBe('–')
    expect(new Set(runColumns.map(({ key }) => key)).size).toBe(runColumns.length)
    expect(initialColumns).toContain('best')
  })
})

function size(id: string): number {
  return rows.find((row) => row.id === id)?.run.sizeBytes ?? 0
}

describe('selection', () => {
  const order = ['a', 'b', 'c', 'd']
  const plain = { adds: false, extends: false }
  const ids = (selection: { ids: ReadonlySet<string> }) => [...selection.ids].sort()

  it('follows clicks with and without keys', () => {
    const one = clicked(emptySelection, order, 'b', plain)
    expect(ids(one)).toEqual(['b'])
    const range = clicked(one, order, 'd', { adds: false, extends: true })
    expect(ids(range)).toEqual(['b', 'c', 'd'])
    expect(ids(clicked(range, order, 'a', { adds: false, extends: true }))).toEqual(['a', 'b'])
    const added = clicked(range, order, 'a', { adds: true, extends: false })
    expect(ids(added)).toEqual(['a', 'b', 'c', 'd'])
    expect(ids(toggled(added, 'c'))).toEqual(['a', 'b', 'd'])
    expect(ids(clicked(added, order, 'c', plain))).toEqual(['c'])
  })

  it('moves with the arrow keys and stops at the ends', () => {
    const first = moved(emptySelection, order, 1, false)
    expect(first.current).toBe('a')
    expect(moved(emptySelection, order, -1, false).current).toBe('d')
    expect(moved(first, order, -1, false).current).toBe('a')
    expect(ids(moved(moved(first, order, 1, true), order, 1, true))).toEqual(['a', 'b', 'c'])
    expect(moved(emptySelection, [], 1, false)).toBe(emptySelection)
  })

  it('lets go of rows that are not shown any more', () => {
    const all = allSelected(order)
    expect(stillShown(all, order)).toBe(all)
    const left = stillShown(all, ['b', 'c'])
    expect(ids(left)).toEqual(['b', 'c'])
    expect(left).toMatchObject({ anchor: null, current: null })
  })
})

describe('fileWords', () => {
  it.each([
    ['run.json', 'Settings'],
    ['checkpoints/best.ema.safetensors', 'best (average)'],
    ['checkpoints/last.optimizer.safetensors', 'optimiser'],
    ['snapshots/epoch-0010.safetensors', 'epoch 10'],
    ['evaluation/best-val/per-image.parquet', 'each image'],
    ['evaluation/best-val/confusion.csv', 'Confusion'],
  ])('says what %s is', (file, words) => {
    expect(fileWords(file)).toContain(words)
  })

  it('says nothing of what Vitrine did not write', () => {
    expect(fileWords('sketch.png')).toBe('')
    expect(fileWords('checkpoints/notes.txt')).toBe('')
  })
})
