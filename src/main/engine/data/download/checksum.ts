import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { Checksum } from '@shared/datasets/catalogue'
import type { JobContext } from '@engine/job'
import { ProgressReporter } from '../progress'

const megabyte = 1e6

/**
 * Whether a file is the one that the checksum was published of.
 *
 * @param checkpoint called now and then; throws when the job should end
 */
export async function hasChecksum(
  file: string,
  { algorithm, digest }: Checksum,
  context: JobContext,
  checkpoint: () => void,
): Promise<boolean> {
  const { size } = await stat(file)
  const progress = new ProgressReporter(context, 'Checking megabytes', Math.ceil(size / megabyte))
  const hash = createHash(algorithm)
  let done = 0
  // A megabyte at a time: the default of 64 KB would spend more on calls than on the sum.
  const chunks: AsyncIterable<Buffer> = createReadStream(file, { highWaterMark: 2 ** 20 })
  for await (const chunk of chunks) {
    checkpoint()
    hash.update(chunk)
    const before = Math.floor(done / megabyte)
    done += chunk.length
    progress.advance(Math.floor(done / megabyte) - before)
  }
  return hash.digest('hex') === digest
}
