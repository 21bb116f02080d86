import { open, type FileHandle } from 'node:fs/promises'
import { VitrineError } from '@shared/errors'

/**
 * Opens a file for reading and closes it again whatever happens.
 *
 * @throws VitrineError `not-found` or `unreadable` with the path, when it can't be opened.
 */
export async function withFile<T>(path: string, use: (file: FileHandle, sizeBytes: number) => Promise<T>): Promise<T> {
  const file = await openForReading(path)
  try {
    const stats = await file.stat()
    if (!stats.isFile()) throw new VitrineError('unreadable', `${path} is not a file: choose a file.`)
    return await use(file, stats.size)
  } finally {
    await file.close()
  }
}

/** Fills `target` from `position` on; false when the file ends before. */
export async function readFully(file: FileHandle, target: Uint8Array, position: number): Promise<boolean> {
  let done = 0
  while (done < target.byteLength) {
    // One read call of the system takes at most 2 GiB.
    const length = Math.min(target.byteLength - done, 2 ** 30)
    const { bytesRead } = await file.read(target, done, length, position + done)
    if (bytesRead === 0) return false
    done += bytesRead
  }
  return true
}

/** Writes all of `bytes` from `position` on. */
export async function writeFully(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  let done = 0
  while (done < bytes.byteLength) {
    const length = Math.min(bytes.byteLength - done, 2 ** 30)
    const { bytesWritten } = await file.write(bytes, done, length, position + done)
    done += bytesWritten
  }
}

async function openForReading(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new VitrineError('not-found', `There is no file ${path}: check the path.`, { cause: error })
    }
    throw new VitrineError('unreadable', `${path} can't be opened: check that you may read it.`, { cause: error })
  }
}
