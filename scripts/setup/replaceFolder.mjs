import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import path from 'node:path'

/**
 * Fills a folder beside its final place and moves it there when it is whole, so that an
 * interruption leaves nothing half made.
 *
 * @param {string} folder
 * @param {(partial: string) => Promise<void>} fill
 */
export async function replaceFolder(folder, fill) {
  const partial = `${folder}.partial`
  rmSync(partial, { recursive: true, force: true })
  mkdirSync(partial, { recursive: true })
  await fill(partial)
  const old = `${folder}.old`
  rmSync(old, { recursive: true, force: true })
  if (existsSync(folder)) renameSync(folder, old)
  mkdirSync(path.dirname(folder), { recursive: true })
  renameSync(partial, folder)
  rmSync(old, { recursive: true, force: true })
}
