import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { DatasetManifest } from '@shared/contract/records'
import { VitrineError } from '@shared/errors'
import { homeFolders, sampleFolderName, type SampleName } from '@shared/folders'
import type { JobContext } from '@engine/job'
import { PreparedDataset } from '../dataset'
import { makeDigits } from './digits'
import { makeShapes } from './shapes'

/** Where a sample is or will be. */
export function sampleFolder(name: SampleName, home: string): string {
  return join(home, homeFolders.samples, sampleFolderName(name))
}

/**
 * A sample that comes with the app; made where it is not there yet or is damaged.
 *
 * @param home folder of runs and datasets
 * @param resources folder of the packed samples
 * @throws VitrineError `cancelled`, or when the packed digits can't be read.
 */
export async function ensureSample(
  name: SampleName,
  home: string,
  resources: string,
  context: JobContext,
): Promise<{ folder: string; manifest: DatasetManifest }> {
  const folder = sampleFolder(name, home)
  const existing = await existingManifest(folder)
  if (existing !== null) return { folder, manifest: existing }
  await rm(folder, { recursive: true, force: true })
  const manifest = name === 'shapes' ? await makeShapes(folder, context) : await makeDigits(folder, resources, context)
  return { folder, manifest }
}

async function existingManifest(folder: string): Promise<DatasetManifest | null> {
  try {
    const dataset = await PreparedDataset.open(folder)
    await dataset.close()
    return dataset.manifest
  } catch (error) {
    if (error instanceof VitrineError) return null
    throw error
  }
}
