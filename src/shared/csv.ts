function cellText(value: string | number | boolean | undefined): string {
  if (value === undefined || Number.isNaN(value)) return ''
  const text = String(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/**
 * A line of a CSV file (RFC 4180) without its end. Numbers have all the digits that reading them back
 * needs; where there is none the cell is empty.
 */
export function csvLine(cells: readonly (string | number | boolean | undefined)[]): string {
  return cells.map(cellText).join(',')
}
