import { isOwnerAlive, processOwnerSchema, type ProcessOwner, type ProcessTable } from './processes'
import { parseJson } from './json'

/** The file in a run's folder that is there while a process trains the run. */

/** A lock is made first and written at once; one that stays empty was left by a crash between the two. */
const writingMs = 10_000

/** Who holds a lock, or that it is just being written; null where nobody holds it any more. */
export type LockHolder = ProcessOwner | 'unknown' | null

/**
 * @param text of the lock file
 * @param ageMs time since it was written
 */
export async function lockHolder(text: string, ageMs: number, table: ProcessTable): Promise<LockHolder> {
  const owner = processOwnerSchema.safeParse(parseJson(text))
  if (!owner.success) return ageMs < writingMs ? 'unknown' : null
  return (await isOwnerAlive(table, owner.data)) ? owner.data : null
}
