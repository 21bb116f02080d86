import { stat } from 'node:fs/promises'
import { VitrineError } from '@shared/errors'
import { sampleNameOf, sampleNames, samplePrefix } from '@shared/folders'
import type { JobContext } from '@engine/job'
import { PreparedDataset } from './dataset'
import { ensureSample } from './samples/index'

/**
 * Opens the dataset that a configuration names: `sample:shapes`, `sample:digits`, or the folder of a
 * prepared dataset. A sample is made the first time. Corrections of the dataset are in force.
 *
 * @throws VitrineError with the field `data.dataset`.
 */
export async function resolveDataset(
  reference: string,
  home: string,
  resources: string,
  context: JobContext,
): Promise<PreparedDataset> {
  if (reference.startsWith(samplePrefix)) {
    const name = sampleNameOf(reference)
    if (name === null) {
      const known = sampleNames.map((sample) => samplePrefix + sample).join(' or ')
      throw new VitrineError(
        'not-found',
        `There is no sample "${reference.slice(samplePrefix.length)}": choose ${known}.`,
        { field: 'data.dataset' },
      )
    }
    const { folder } = await ensureSample(name, home, resources, context)
    return PreparedDataset.openCorrected(folder)
  }
  const stats = await stat(reference).catch(() => null)
  if (stats === null) {
    const message = `There is no dataset ${reference}: check the path, or choose one of the samples.`
    throw new VitrineError('not-found', message, { field: 'data.dataset' })
  }
  return PreparedDataset.openCorrected(reference)
}
