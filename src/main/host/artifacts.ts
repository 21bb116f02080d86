import { readdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { homeFolders } from '@shared/folders'
import { isMissing } from './jsonFile'
import { isProcess } from './processLiveness'

/** Where engines leave files for the window: a folder for each process, named by its number. */
export function artifactsFolder(home: string): string {
  return path.join(home, homeFolders.artifacts)
}

/** Removes what one process left behind. */
export async function removeArtifacts(home: string, processId: number): Promise<void> {
  await rm(path.join(artifactsFolder(home), String(processId)), { recursive: true, force: true })
}

/** Removes what processes left behind that were never cleaned up after. */
export async function removeDeadArtifacts(home: string): Promise<void> {
  let names: string[]
  try {
    names = await readdir(artifactsFolder(home))
  } catch (error) {
    if (isMissing(error)) return
    throw error
  }
  const dead = names.filter((name) => /^\d+$/.test(name) && !isProcess(Number(name)))
  await Promise.all(dead.map((name) => removeArtifacts(home, Number(name))))
}
