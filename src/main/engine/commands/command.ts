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

/** Rows as aligned columns: to the right where all cells below the first are numbers, otherwise to the left. */
export function printTable(terminal: Terminal, rows: readonly (readonly string[])[]): void {
  const columns = (rows[0] ?? []).map((_, column) => {
    const cells = rows.map((row) => row[column] ?? '')
    return {
      width: Math.max(...cells.map((cell) => cell.length)),
      numeric: cells.slice(1).every((cell) => /^[\d.]+(e[+-]?\d+)?( %)?$/.test(cell)),
    }
  })
  for (const row of rows) {
    const cells = columns.map(({ width, numeric }, column) => {
      const cell = row[column] ?? ''
      return numeric ? cell.padStart(width) : cell.padEnd(width)
    })
    terminal.print(`${cells.join('  ').trimEnd()}\n`)
  }
}
