import { readFile, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { runFiles } from '@shared/folders'
import { parseJson } from '@shared/json'
import { processOwnerSchema } from '@shared/processes'
import { lockHolder } from '@shared/runLock'
import { isMissing } from './jsonFile'
import { systemProcesses } from './processLiveness'

/** Whether a process of the window or of a terminal trains the run in a folder now. */
export async function isTraining(runFolder: string): Promise<boolean> {
  const file = path.join(runFolder, runFiles.lock)
  try {
    const [text, { mtimeMs }] = await Promise.all([readFile(file, 'utf8'), stat(file)])
    return (await lockHolder(text, Date.now() - mtimeMs, systemProcesses)) !== null
  } catch (error) {
    if (isMissing(error)) return false
    throw error
  }
}

/** Removes the lock that a process which has ended could not release. */
export async function removeLockOf(runFolder: string, processId: number): Promise<void> {
  const file = path.join(runFolder, runFiles.lock)
  const owner = processOwnerSchema.safeParse(parseJson(await readFile(file, 'utf8').catch(() => '')))
  if (owner.success && owner.data.processId === processId) await rm(file, { force: true })
}
