import { randomUUID } from 'node:crypto'
import { copyFile, link, open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/** What file systems without hard links answer, or with too many of them. */
const linkRefusals = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EXDEV', 'EINVAL', 'EISDIR'])

/**
 * Puts a second copy of a finished file in the place of `to`, whole or not at all. Where the file
 * system can, both names share the bytes, so neither may be written into afterwards, only replaced.
 *
 * @throws the system's error as it is (e.g. `ENOSPC`).
 */
export async function placeCopy(from: string, to: string): Promise<void> {
  const temporary = join(dirname(to), `.${basename(to)}.${randomUUID()}.tmp`)
  try {
    await linkOrCopy(from, temporary)
    await rename(temporary, to)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && linkRefusals.has(String(error.code)))) throw error
    await copyFile(from, to)
    const file = await open(to, 'r+')
    try {
      await file.sync()
    } finally {
      await file.close()
    }
  }
}
