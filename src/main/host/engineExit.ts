import type { EngineRoute } from '@shared/contract/engineRoutes'
import type { Failure } from '@shared/errors'

/** How an engine process ended. */
export interface EngineExit {
  code: number | null
  signal: NodeJS.Signals | null
  /** The last lines that it wrote to its error output. */
  errorOutput: string
}

/** Shells and supervisors report death by signal 9 as 128 + 9. */
const killedCode = 137

export function wasKilled(exit: EngineExit): boolean {
  return exit.signal === 'SIGKILL' || exit.code === killedCode
}

const memoryWords = /out of memory|bad_alloc|cannot allocate memory|OOM when allocating|heap limit/i

function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1)?.trim() ?? ''
}

function cause(exit: EngineExit): string {
  if (memoryWords.test(exit.errorOutput)) return 'the memory was full'
  if (wasKilled(exit)) return 'killed by the system'
  if (exit.signal !== null) return `signal ${exit.signal}`
  const line = lastLine(exit.errorOutput)
  if (exit.code === null) return `it could not be started: ${line}`
  return line === '' ? `exit code ${exit.code}` : `exit code ${exit.code}: ${line.slice(0, 300)}`
}

function activity(route: EngineRoute): string {
  switch (route) {
    case 'train':
      return 'while training'
    case 'prepare':
      return 'while preparing the dataset'
    case 'sample':
      return 'while making the sample'
    case 'deduplicate':
      return 'while putting the dataset in order'
    case 'download':
      return 'while downloading'
    case 'evaluate':
      return 'while evaluating'
    case 'doctor':
      return 'while checking this machine'
    default:
      return 'while inspecting'
  }
}

function advice(route: EngineRoute, exit: EngineExit): string {
  const memory = memoryWords.test(exit.errorOutput)
  switch (route) {
    case 'train':
      return memory ? 'What is saved is kept: start again with a smaller batch or model.' : 'What is saved is kept.'
    case 'prepare':
    case 'sample':
    case 'deduplicate':
    case 'download':
    case 'evaluate':
      return memory ? 'Close other programs and start again.' : 'Start it again.'
    default:
      return 'It is being started again: try once more.'
  }
}

/** What is told to whoever waits for the answer of an engine that has ended. */
export function engineLost(route: EngineRoute, exit: EngineExit): Failure {
  return {
    kind: memoryWords.test(exit.errorOutput) ? 'out-of-memory' : 'engine-lost',
    message: `The engine stopped ${activity(route)} (${cause(exit)}). ${advice(route, exit)}`,
  }
}
