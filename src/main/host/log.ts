import { appendFileSync, mkdirSync, readFileSync, renameSync, statSync } from 'node:fs'
import path from 'node:path'

/** A log that has grown beyond this is kept as the one before when Vitrine starts. */
const longestBytes = 1024 * 1024

let logFile: string | null = null

/** From now on warnings are kept in `vitrine.log` of the folder too. A folder that can't be written is done without. */
export function keepLogIn(folder: string): void {
  const file = path.join(folder, 'vitrine.log')
  try {
    mkdirSync(folder, { recursive: true })
    if (sizeOf(file) > longestBytes) renameSync(file, path.join(folder, 'vitrine.earlier.log'))
    appendFileSync(file, '')
    logFile = file
  } catch (error) {
    logWarning('log', String(error))
  }
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0
}

/** What a developer or a bug report needs; the window never shows it. */
export function logWarning(subject: string, message: string): void {
  process.stderr.write(`[${subject}] ${message}\n`)
  if (logFile === null) return
  try {
    appendFileSync(logFile, `${new Date().toISOString()} [${subject}] ${message}\n`)
  } catch {
    // A full disk must not turn a warning into a fault.
  }
}

/** Where warnings are kept; null where they can't be. */
export function currentLogFile(): string | null {
  return logFile
}

/** The last lines that were kept, for a report of a fault. */
export function lastLogLines(count: number): string[] {
  if (logFile === null) return []
  try {
    return readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-count)
  } catch {
    return []
  }
}
