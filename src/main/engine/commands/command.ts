import type { CommandArguments, OptionTable } from './commandArguments'
import type { Terminal } from './terminal'

export interface Command {
  /** What comes after the name, e.g. `CONFIG [--json]`. */
  usage: string
  options: OptionTable
  /** Explanation below the usage. */
  details: string
  /** @throws VitrineError for what the user can mend */
  run(given: CommandArguments, terminal: Terminal): Promise<void>
}

export function printJson(terminal: Terminal, value: unknown): void {
  terminal.print(`${JSON.stringify(value)}\n`)
}

/** Rows as aligned columns; numbers to the right, words to the left. */
export function printTable(terminal: Terminal, rows: readonly (readonly string[])[]): void {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  for (const row of rows) {
    const cells = row.map((cell, column) => {
      const width = widths[column] ?? 0
      return /^[−-]?[\d.]/.test(cell) ? cell.padStart(width) : cell.padEnd(width)
    })
    terminal.print(`${cells.join('  ').trimEnd()}\n`)
  }
}
