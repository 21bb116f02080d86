import type { Terminal } from '@engine/commands/terminal'
import { runCommandLine } from '@engine/commands/commandLine'

export interface CommandResult {
  exitCode: number
  out: string
  errors: string
}

/** Runs one command as the program does, with its output kept. */
export async function vitrine(words: readonly string[], home = '/nonexistent'): Promise<CommandResult> {
  const out: string[] = []
  const errors: string[] = []
  const terminal: Terminal = {
    print: (text) => out.push(text),
    note: (text) => errors.push(text),
    watched: false,
    home,
    resources: '/nonexistent',
    onInterrupt: () => () => undefined,
  }
  const exitCode = await runCommandLine(words, terminal)
  return { exitCode, out: out.join(''), errors: errors.join('') }
}
