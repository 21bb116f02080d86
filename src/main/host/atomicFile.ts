import { open, mkdir, rename, rm } from 'node:fs/promises'
import path from 'node:path'

let written = 0

/**
 * Replaces a file as a whole: a reader, or a crash in the middle, finds the old content or the new one.
 * Missing folders are made.
 * @throws the system's error, with the temporary file removed.
 */
export async function writeFileAtomic(file: string, content: string | Uint8Array): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true })
  written += 1
  const temporary = `${file}.${process.pid}-${written}.tmp`
  try {
    const handle = await open(temporary, 'w')
    try {
      await handle.writeFile(content)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(temporary, file)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}
