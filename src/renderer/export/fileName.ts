import { slug } from '@shared/folderNames'

/** Suggested name of a file without its extension: figure, run, epoch and the like, as far as they are known. */
export function fileName(parts: readonly (string | null)[]): string {
  const safe = parts.map((part) => slug(part ?? '')).filter((part) => part !== '')
  return safe.join('-').slice(0, 120) || 'figure'
}
