import { constants } from 'node:fs'
import { open, realpath, type FileHandle } from 'node:fs/promises'
import path from 'node:path'
import { VitrineError } from '@shared/errors'

/** Not through a link, and without waiting for somebody to write into a pipe; Windows knows neither. */
const readOnly =
  process.platform === 'win32' ? constants.O_RDONLY : constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK

/**
 * Opens a file below a folder for reading, if that is where it really is: a link that leads out of the
 * folder is treated like a file that is not there. The folder itself may be a link, to a larger disk for
 * instance. The caller closes the file.
 * @param names of the folders on the way and of the file
 * @throws VitrineError `not-found` for whatever is outside and for what is no plain file; errors of the
 * system for a file that can't be opened.
 */
export async function openInside(folder: string, ...names: readonly string[]): Promise<FileHandle> {
  const [root, file] = await Promise.all([realpath(folder), realpath(path.join(folder, ...names))])
  if (!file.startsWith(root.endsWith(path.sep) ? root : root + path.sep)) throw notThere(names)
  const handle = await open(file, readOnly)
  try {
    if (!(await handle.stat()).isFile()) throw notThere(names)
    return handle
  } catch (error) {
    await handle.close()
    throw error
  }
}

function notThere(names: readonly string[]): VitrineError {
  return new VitrineError('not-found', `There is no file “${names.join('/')}”.`)
}
