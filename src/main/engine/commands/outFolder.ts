import { mkdir } from 'node:fs/promises'
import { VitrineError } from '@shared/errors'

/**
 * Makes the folder that `--out` names, unless it is there.
 *
 * @throws VitrineError `invalid-input` when a file is in the way
 */
export async function makeOutFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true })
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code !== 'EEXIST' && code !== 'ENOTDIR') throw error
    throw new VitrineError(
      'invalid-input',
      `${path} can't be a folder, because a file is in its way: choose another.`,
      {
        cause: error,
      },
    )
  }
}
