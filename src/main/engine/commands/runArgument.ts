import { access } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { homeFolders, runFiles } from '@shared/folders'
import type { EnginePlaces } from '@engine/job'

/** The folder of a run that is given by its path, or by its name among the runs of Vitrine's home. */
export async function runFolderOf(word: string, { home }: EnginePlaces): Promise<string> {
  const byPath = resolve(word)
  if (basename(word) !== word || (await holdsRun(byPath))) return byPath
  const byName = join(home, homeFolders.runs, word)
  return (await holdsRun(byName)) ? byName : byPath
}

function holdsRun(folder: string): Promise<boolean> {
  return access(join(folder, runFiles.record)).then(
    () => true,
    () => false,
  )
}
