/** A table by columns, all of one length; written as parquet or as CSV. */
export type Column = { name: string } & (
  | { kind: 'text'; values: readonly string[] }
  | { kind: 'whole'; values: Int32Array }
  /** NaN where there is no value. */
  | { kind: 'number'; values: Float64Array }
  | { kind: 'truth'; values: readonly boolean[] }
)

function cellText(value: string | number | boolean | undefined): string {
  if (value === undefined || Number.isNaN(value)) return ''
  const text = String(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/**
 * The table as CSV (RFC 4180) with a line of names first. Numbers have all the digits that reading
 * them back needs; where there is none the cell is empty.
 */
export function encodeCsv(columns: readonly Column[]): string {
  const rows = columns[0]?.values.length ?? 0
  const lines = [columns.map(({ name }) => cellText(name)).join(',')]
  for (let row = 0; row < rows; row++) lines.push(columns.map(({ values }) => cellText(values[row])).join(','))
  return `${lines.join('\n')}\n`
}
