import { fileURLToPath } from 'node:url'
import { engineEnvironment } from '@shared/contract/engineMessages'
import { homeFolder } from '@shared/folders'
import type { EnginePlaces } from '@engine/job'

/** What a command sees of the process around it. */
export interface Terminal extends EnginePlaces {
  /** Results. */
  readonly print: (text: string) => void
  /** Everything else: errors, warnings, progress. */
  readonly note: (text: string) => void
  /** True when a person watches standard error, so that progress may be drawn. */
  readonly watched: boolean
  /** Calls back on Ctrl+C instead of ending the process; the result takes that back. */
  onInterrupt(listener: () => void): () => void
}

/** Where the build puts `resources`, seen from this program's folder in `out/main/engine`. */
const builtResources = '../../resources'

export function processTerminal(): Terminal {
  // A reader that has seen enough, such as `head`, closes the pipe: that is no fault.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0)
    throw error
  })
  return {
    print: (text) => process.stdout.write(text),
    note: (text) => process.stderr.write(text),
    watched: process.stderr.isTTY,
    home: homeFolder(process.env, process.platform),
    resources: process.env[engineEnvironment.resources] ?? fileURLToPath(new URL(builtResources, import.meta.url)),
    onInterrupt(listener) {
      process.on('SIGINT', listener)
      process.on('SIGTERM', listener)
      return () => {
        process.off('SIGINT', listener)
        process.off('SIGTERM', listener)
      }
    },
  }
}
