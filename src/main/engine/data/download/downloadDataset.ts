import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { EngineInput } from '@shared/contract/engineRoutes'
import type { DatasetManifest } from '@shared/contract/records'
import type { JobContext } from '@engine/job'
import { checkFreeSpace } from '../diskSpace'
import { prepareDataset } from '../prepare'
import { fetchFile } from './fetchFile'

/** Validation images come with the archive; this is only asked where an archive has none. */
const valFraction = 0.2

/**
 * Fetches an archive of images and prepares it. The archive stays, so that it can be prepared again
 * with another image size.
 *
 * @throws VitrineError of the download and of the preparation; the system's error as it is
 */
export async function downloadDataset(input: EngineInput<'download'>, context: JobContext): Promise<DatasetManifest> {
  const { address, archive, checksum, aboutBytes, images, out, imageSize } = input
  // Unpacked, photographs take as much room again.
  const laterBytes = aboutBytes + images * imageSize ** 2 * 3
  const folder = dirname(archive)
  await mkdir(folder, { recursive: true })
  await fetchFile(
    {
      address,
      file: archive,
      checksum,
      checkRoom: (remainingBytes) => checkFreeSpace(folder, remainingBytes + laterBytes),
    },
    context,
  )
  return prepareDataset({ source: archive, out, imageSize, valFraction }, context)
}
