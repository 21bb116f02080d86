import { readFile } from 'node:fs/promises'
import { parseRunConfig, problemSentence, type RunConfig } from '@shared/config/runConfig'
import { VitrineError } from '@shared/errors'

/**
 * Reads and checks a run's configuration file.
 *
 * @throws VitrineError `not-found`, `unreadable`, or `invalid-input` with every setting that is wrong.
 */
export async function readRunConfig(path: string): Promise<RunConfig> {
  const parsed = parseRunConfig(await readJsonFile(path, 'configuration file'))
  if (parsed.ok) return parsed.config
  const message = `${path}: ${parsed.problems.map(problemSentence).join(' ')}`
  const field = parsed.problems[0]?.field
  throw new VitrineError('invalid-input', message, field === undefined ? {} : { field })
}

/** @param what it is called in the sentence that says it is missing. @throws VitrineError `not-found`, `unreadable` */
export async function readJsonFile(path: string, what: string): Promise<unknown> {
  return parseJson(await readText(path, what), path)
}

async function readText(path: string, what: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT') throw new VitrineError('not-found', `There is no ${what} ${path}.`, { cause: error })
    throw new VitrineError('unreadable', `${path} can't be read: give the path of a JSON file.`, { cause: error })
  }
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new VitrineError('unreadable', `${path} is not valid JSON (${reason}).`, { cause: error })
  }
}
