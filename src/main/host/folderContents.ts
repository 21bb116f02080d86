import { readdir, stat, statfs } from 'node:fs/promises'
import path from 'node:path'
import type { RunFile } from '@shared/contract/runRecords'
import { isMissing } from './jsonFile'

/** All files below a folder, by path; one that goes in the meantime is left out. */
export async function filesBelow(folder: string): Promise<RunFile[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true })
  const files: RunFile[] = []
  for (const entry of entries) {
    if (!entry.isFile()) continue
    const file = path.join(entry.parentPath, entry.name)
    try {
      const { size, mtime } = await stat(file)
      const relative = path.relative(folder, file).split(path.sep).join('/')
      files.push({ path: relative, sizeBytes: size, changedAt: mtime.toISOString() })
    } catch (error) {
      if (!isMissing(error)) throw error
    }
  }
  return files.sort((a, b) => a.path.localeCompare(b.path))
}

/** Bytes that can still be written beside a folder; null where the system doesn't say. */
export async function freeBytesAt(folder: string): Promise<number | null> {
  try {
    const { bavail, bsize } = await statfs(folder)
    return bavail * bsize
  } catch {
    return null
  }
}
