import { readdir, rename, rm, rmdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { VitrineError } from '@shared/errors'
import { datasetFiles } from '@shared/folders'
import { syncFolder } from '@engine/formats/atomicWrite'
import { carryCorrections } from './corrections'

const ownFiles: readonly string[] = Object.values(datasetFiles)

/** Where a dataset is made and where it goes when it is whole. */
export interface DatasetPlace {
  out: string
  /** Folder beside `out` in which it is made. */
  temporary: string
  /** Topmost folder that had to be made for `out`. */
  firstMade: string | undefined
}

/** Moves a whole dataset to its place at once; an earlier one is there until then. */
export async function moveIntoPlace({ out, temporary }: DatasetPlace): Promise<void> {
  // Somebody may have put something there in the meantime.
  await checkReplaceable(out)
  await carryCorrections(out, temporary)
  for (const name of await readdir(temporary)) {
    if (!ownFiles.includes(name)) await rm(`${temporary}/${name}`, { recursive: true })
  }
  await syncFolder(temporary)
  const old = `${temporary}.old`
  const replaced = await renameIfThere(out, old)
  try {
    await rename(temporary, out)
  } catch (error) {
    if (replaced) await rename(old, out)
    throw error
  }
  await syncFolder(dirname(out))
  if (replaced) await rm(old, { recursive: true, force: true })
}

/** Removes what was made, and the folders above that had to be made for it as far as nobody uses them. */
export async function removeTemporary({ out, temporary, firstMade }: DatasetPlace): Promise<void> {
  await rm(temporary, { recursive: true, force: true })
  if (firstMade === undefined) return
  for (let folder = dirname(out); folder.startsWith(firstMade); folder = dirname(folder)) {
    if (!(await removeEmptyFolder(folder))) return
  }
}

/**
 * Only a folder that is empty or holds nothing but a prepared dataset's own files is replaced.
 *
 * @throws VitrineError `invalid-input` for any other folder
 */
export async function checkReplaceable(out: string): Promise<void> {
  let entries: string[]
  try {
    entries = await readdir(out)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT') return
    if (code === 'ENOTDIR')
      throw new VitrineError('invalid-input', `${out} is a file: choose a folder for the dataset.`)
    throw error
  }
  if (entries.length === 0) return
  if (!entries.includes(datasetFiles.manifest) || entries.some((entry) => !ownFiles.includes(entry))) {
    const message = `The folder ${out} holds other files: choose a new or empty folder for the dataset.`
    throw new VitrineError('invalid-input', message)
  }
}

async function renameIfThere(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false
    throw error
  }
}

async function removeEmptyFolder(folder: string): Promise<boolean> {
  try {
    await rmdir(folder)
    return true
  } catch {
    return false
  }
}
