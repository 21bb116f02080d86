import { withoutHeader, type LabelsTable } from './labelsTable'
import { sourceSplitOf, type SourceSplit } from './splitNames'
import { nameOf, type SourceFile, type SourceTree } from './source'

/** Rows that are looked at to find out what a column is. */
const sampledRows = 500
/** Less than this share of rows with a file is a chance. */
const leastShare = 0.1

const labelNames: readonly RegExp[] = [
  /^(label|labels|class|classname|class_name|category|target)$/i,
  /label|class|categor|species|breed|target/i,
]
const splitColumn = /^(split|set|subset|partition|phase|usage)$/i
const validationColumn = /^is_?(valid|val|validation)$/i

/** Finds the image that a cell of a file of labels means. */
export class ImageFinder {
  private readonly byPath = new Map<string, SourceFile>()
  /** Null where several images have the name. */
  private readonly byName = new Map<string, SourceFile | null>()
  private readonly byStem = new Map<string, SourceFile | null>()

  constructor(tree: SourceTree, isImage: (file: string) => boolean) {
    for (const source of tree.files) {
      if (!isImage(source.file)) continue
      const name = nameOf(source.file)
      const stem = name.replace(/\.[^.]*$/, '')
      this.byPath.set(source.file, source)
      this.byName.set(name, this.byName.has(name) ? null : source)
      this.byStem.set(stem, this.byStem.has(stem) ? null : source)
    }
  }

  get count(): number {
    return this.byPath.size
  }

  images(): Iterable<SourceFile> {
    return this.byPath.values()
  }

  /**
   * By the path relative to the table or the top, or to a folder above; by its name alone; by its
   * name without the extension, as tables with identifiers have it.
   *
   * @param folder of the table
   */
  find(cell: string, folder: string): SourceFile | null {
    const path = cell.replaceAll('\\', '/').replace(/^(\.?\/)+/, '')
    if (path === '') return null
    const beside = folder === '' ? undefined : this.byPath.get(`${folder}/${path}`)
    if (beside !== undefined) return beside
    for (let rest = path; rest !== ''; rest = rest.includes('/') ? rest.slice(rest.indexOf('/') + 1) : '') {
      const found = this.byPath.get(rest)
      if (found !== undefined) return found
    }
    return this.byName.get(nameOf(path)) ?? this.byStem.get(nameOf(path)) ?? null
  }
}

export interface LabelsColumns {
  rows: string[][]
  file: number
  label: number
  /** Null where no column says it. */
  splitOf: ((row: readonly string[]) => SourceSplit | null) | null
}

/** Which column is what: that of the files by its cells, the others by name; null where it is no table of labels. */
export function findColumns(table: LabelsTable, finder: ImageFinder, folder: string): LabelsColumns | null {
  const isFile = (cell: string) => finder.find(cell, folder) !== null
  const { header, rows } = table.header?.some(isFile) === true ? withoutHeader(table) : table
  const sample = rows.slice(0, sampledRows)
  const width = Math.max(0, ...sample.map((row) => row.length))
  const columns = Array.from({ length: width }, (_, column) => column)

  // Labels from 0 to 9 may look like names of files too, but of few.
  const filesIn = (column: number) =>
    new Set(sample.flatMap((row) => finder.find(row[column] ?? '', folder)?.file ?? [])).size
  const counts = columns.map(filesIn)
  const file = counts.indexOf(Math.max(0, ...counts))
  if (file < 0 || (counts[file] ?? 0) < Math.max(1, sample.length * leastShare)) return null

  const others = columns.filter((column) => column !== file)
  const split = others.find((column) => isSplitColumn(header?.[column], sample, column))
  const label = labelColumn(
    header,
    others.filter((column) => column !== split),
    sample,
  )
  if (label === null) return null
  return { rows, file, label, splitOf: split === undefined ? null : splitReader(header?.[split], split) }
}

function isSplitColumn(name: string | undefined, sample: readonly string[][], column: number): boolean {
  if (name !== undefined && validationColumn.test(name)) return true
  if (name !== undefined && !splitColumn.test(name)) return false
  return sample.length > 0 && sample.every((row) => sourceSplitOf(row[column] ?? '') !== null)
}

function splitReader(name: string | undefined, column: number): (row: readonly string[]) => SourceSplit | null {
  if (name !== undefined && validationColumn.test(name)) {
    return (row) => (/^(1|1\.0|true|yes)$/i.test(row[column] ?? '') ? 'val' : 'train')
  }
  return (row) => sourceSplitOf(row[column] ?? '')
}

function labelColumn(
  header: readonly string[] | null,
  columns: readonly number[],
  sample: readonly string[][],
): number | null {
  for (const names of labelNames) {
    const named = columns.find((column) => names.test(header?.[column] ?? ''))
    if (named !== undefined) return named
  }
  if (columns.length <= 1) return columns[0] ?? null
  // A class has many images, so the column with the fewest different words is the likeliest.
  const kinds = (column: number) => new Set(sample.map((row) => row[column] ?? '')).size
  const repeated = columns.filter((column) => kinds(column) > 1 && kinds(column) <= sample.length / 2)
  return repeated.sort((a, b) => kinds(a) - kinds(b) || a - b)[0] ?? null
}
