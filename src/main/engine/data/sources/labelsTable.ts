import { parse } from 'csv-parse/sync'
import { extensionOf } from './source'

/** A file of labels as rows of cells. */
export interface LabelsTable {
  /** Names of the columns, where the file gives them. */
  header: string[] | null
  rows: string[][]
}

/**
 * Reads a CSV, TSV, JSON or JSON-lines file as a table. JSON may be a list of objects or of lists,
 * or an object from file to label, from file to an object, or from class to a list of files; any of
 * these may be a property of an object.
 *
 * @returns null for what is none of these. A CSV's first row is taken as a header; whoever knows the
 * files can tell better and use `withoutHeader`.
 */
export function parseLabelsTable(file: string, bytes: Uint8Array): LabelsTable | null {
  const text = decodeText(bytes)
  const extension = extensionOf(file)
  try {
    if (extension === '.csv' || extension === '.tsv') return parseCsv(text)
    return extension === '.json' ? tableOf(JSON.parse(text)) : tableOf(jsonLines(text))
  } catch {
    return extension === '.json' ? tableOrNull(text) : null
  }
}

/** The same with the header as the first row. */
export function withoutHeader({ header, rows }: LabelsTable): LabelsTable {
  return { header: null, rows: header === null ? rows : [header, ...rows] }
}

function tableOrNull(text: string): LabelsTable | null {
  try {
    return tableOf(jsonLines(text))
  } catch {
    return null
  }
}

/** Spreadsheets write UTF-8 or UTF-16 with a mark, or the language's own 8 bits. */
function decodeText(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return new TextDecoder('latin1').decode(bytes)
  }
}

function parseCsv(text: string): LabelsTable | null {
  const firstLine = text.slice(0, text.search(/[\r\n]|$/))
  const count = (delimiter: string) => firstLine.split(delimiter).length
  const delimiter = [',', ';', '\t'].reduce((best, next) => (count(next) > count(best) ? next : best))
  const options = { delimiter, bom: true, relaxColumnCount: true, relaxQuotes: true, skipEmptyLines: true, trim: true }
  const [header, ...rows] = parse(text, options)
  return header === undefined ? null : { header, rows }
}

function jsonLines(text: string): unknown[] {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '')
  return lines.map((line): unknown => JSON.parse(line))
}

function tableOf(value: unknown): LabelsTable | null {
  if (Array.isArray(value)) return tableOfList(value)
  if (!isObject(value)) return null
  const entries = Object.entries(value)
  if (entries.length === 0) return null
  if (entries.every(([, cell]) => isCell(cell))) {
    return { header: null, rows: entries.map(([file, cell]) => [file, cellText(cell)]) }
  }
  if (entries.every(([, files]) => Array.isArray(files) && files.every((file) => typeof file === 'string'))) {
    const rows = entries.flatMap(([label, files]) =>
      Array.isArray(files) ? files.map((file: unknown) => [cellText(file), label]) : [],
    )
    return { header: null, rows }
  }
  // One property among others, e.g. a version, may hold the table.
  for (const [, inner] of entries) {
    const table = Array.isArray(inner) ? tableOfList(inner) : null
    if (table !== null && table.rows.length > 0) return table
  }
  if (!entries.every(([, inner]) => isObject(inner))) {
    const inner = entries.find(([, candidate]) => isObject(candidate))
    return inner === undefined ? null : tableOf(inner[1])
  }
  if (entries.length === 1) return tableOf(entries[0]?.[1])
  return tableOfList(entries.map(([file, inner]) => ({ file, ...(isObject(inner) ? inner : {}) })))
}

function tableOfList(list: readonly unknown[]): LabelsTable | null {
  if (list.every((row) => Array.isArray(row))) {
    return { header: null, rows: list.map((row) => (Array.isArray(row) ? row.map(cellText) : [])) }
  }
  const objects = list.filter(isObject)
  if (objects.length !== list.length) return null
  const header = [...new Set(objects.flatMap((row) => Object.keys(row).filter((key) => isCell(row[key]))))]
  return { header, rows: objects.map((row) => header.map((key) => cellText(row[key]))) }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isCell(value: unknown): boolean {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value)
}

function cellText(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : ''
}
