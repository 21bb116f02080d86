import { csvLine } from '@shared/csv'

/** A table by columns, all of one length; written as parquet or as CSV. */
export type Column = { name: string } & (
  | { kind: 'text'; values: readonly string[] }
  | { kind: 'whole'; values: Int32Array }
  /** NaN where there is no value. */
  | { kind: 'number'; values: Float64Array }
  | { kind: 'truth'; values: readonly boolean[] }
)

/**
 * The table as CSV (RFC 4180) with a line of names first. Numbers have all the digits that reading
 * them back needs; where there is none the cell is empty.
 */
export function encodeCsv(columns: readonly Column[]): string {
  const rows = columns[0]?.values.length ?? 0
  const lines = [csvLine(columns.map(({ name }) => name))]
  for (let row = 0; row < rows; row++) lines.push(csvLine(columns.map(({ values }) => values[row])))
  return `${lines.join('\n')}\n`
}
