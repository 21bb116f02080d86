import { access } from 'node:fs/promises'
import path from 'node:path'
import { VitrineError } from '@shared/errors'
import { slug } from '@shared/folderNames'

/**
 * The folder of one run or dataset below its parent. An id comes from the window: it must be a plain
 * name that stays inside.
 * @throws VitrineError `not-found` for anything else.
 */
export function folderInside(parent: string, id: string, what: string): string {
  const plain = id !== '' && id !== '.' && id !== '..' && !/[/\\\0]/.test(id)
  if (!plain) throw new VitrineError('not-found', `There is no ${what} “${id}”.`)
  return path.join(parent, id)
}

/** A folder below `parent`, named after `name`, that does not exist yet. */
export async function freeFolder(parent: string, name: string): Promise<string> {
  const base = slug(name) || 'dataset'
  for (let count = 1; ; count++) {
    const folder = path.join(parent, count === 1 ? base : `${base}-${count}`)
    if (!(await exists(folder))) return folder
  }
}

export async function exists(file: string): Promise<boolean> {
  try {
    await access(file)
    return true
  } catch {
    return false
  }
}
