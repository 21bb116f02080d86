import { z } from 'zod'
import { VitrineError } from '@shared/errors'

/** What the file at the address must hold; whatever else is in it is left alone. */
const releaseSchema = z.object({ version: z.string().regex(/^\d+\.\d+\.\d+$/) })

const deadlineMs = 10_000

/** Whether `other` comes after `version`, both as `1.2.3`. */
function isNewer(other: string, version: string): boolean {
  const theirs = other.split('.').map(Number)
  const ours = version.split(/[.-]/).map(Number)
  const at = theirs.findIndex((part, index) => part !== ours[index])
  return at >= 0 && (theirs[at] ?? 0) > (ours[at] ?? 0)
}

/**
 * Asks an address for the newest version: a JSON object such as `{"version": "1.2.0"}`. Nothing of this
 * machine is sent.
 *
 * @returns the version when it is newer than `version`, otherwise null
 * @throws VitrineError `unavailable` where there is no such answer
 */
export async function newerVersion(
  version: string,
  address: string,
  request: (address: string, options: RequestInit) => Promise<Response>,
): Promise<string | null> {
  let answer: unknown
  try {
    const response = await request(address, { signal: AbortSignal.timeout(deadlineMs), credentials: 'omit' })
    answer = response.ok ? await response.json() : null
  } catch {
    answer = null
  }
  const release = releaseSchema.safeParse(answer)
  if (!release.success) throw new VitrineError('unavailable', `No version could be read at ${address}.`)
  return isNewer(release.data.version, version) ? release.data.version : null
}
