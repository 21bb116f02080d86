import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const execute = promisify(execFile)
const largestOutputBytes = 64 * 1024 * 1024

/** What a command says on its standard output. Rejects with what it said on both where it fails. */
export async function outputOf(
  command: string,
  words: readonly string[],
  where: { env?: NodeJS.ProcessEnv; cwd?: string } = {},
): Promise<string> {
  const { stdout } = await execute(command, words, { ...where, maxBuffer: largestOutputBytes })
  return stdout
}

/** Whether there is a command of that name. */
export async function isThere(command: string): Promise<boolean> {
  return execute('sh', ['-c', 'command -v "$1"', 'sh', command]).then(
    () => true,
    () => false,
  )
}
