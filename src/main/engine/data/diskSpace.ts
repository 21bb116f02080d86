import { statfs } from 'node:fs/promises'
import { VitrineError } from '@shared/errors'

/**
 * Tells early that a disk is too small, before hours of work.
 *
 * @param folder on the disk in question
 * @throws VitrineError `disk-full` with both sizes
 */
export async function checkFreeSpace(folder: string, neededBytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder)
  const freeBytes = bavail * bsize
  if (neededBytes <= freeBytes) return
  const message = `The dataset needs ${inWords(neededBytes)} and its disk has ${inWords(freeBytes)} free: free some space, choose another folder or a smaller image size.`
  throw new VitrineError('disk-full', message)
}

function inWords(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${(bytes / 1e6).toFixed(1)} MB`
}
