import { randomBytes } from 'node:crypto'
import { access } from 'node:fs/promises'
import path from 'node:path'
import { VitrineError } from '@shared/errors'

function two(value: number): string {
  return String(value).padStart(2, '0')
}

/** The part of a name that is safe in a path on every system: lower case, digits and hyphens. */
export function slug(name: string): string {
  return name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 40)
    .replace(/^-+|-+$/g, '')
}

/** A run's folder: sorts by local time, says the run's name, and never meets another of the same second. */
export function runFolderName(name: string, date: Date): string {
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-')
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join('')
  return [day, time, slug(name), randomBytes(3).toString('hex')].filter((part) => part !== '').join('-')
}

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
