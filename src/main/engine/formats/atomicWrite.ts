import { randomUUID } from 'node:crypto'
import { open, rename, rm, type FileHandle } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/**
 * Makes a file whole or not at all: `write` fills a temporary file in the same folder, which takes
 * the place of `path` only when all of it is on the disk. On failure the temporary file is removed
 * and the old file is untouched.
 *
 * @throws whatever `write` throws, and the system's error as it is (e.g. `ENOSPC`).
 */
export async function replaceFile(path: string, write: (file: FileHandle) => Promise<void>): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`)
  try {
    const file = await open(temporary, 'wx')
    try {
      await write(file)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  await syncFolder(dirname(path))
}

/**
 * Writes a whole file atomically; several parts follow each other without being joined in memory.
 *
 * @throws the system's error as it is (e.g. `ENOSPC`).
 */
export function writeFileAtomic(path: string, data: string | Uint8Array | readonly Uint8Array[]): Promise<void> {
  const parts = typeof data === 'string' || data instanceof Uint8Array ? [data] : data
  return replaceFile(path, async (file) => {
    for (const part of parts) await file.writeFile(part)
  })
}

/** Makes renames in a folder last through a power cut. Windows has no such call and needs none. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
