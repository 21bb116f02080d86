import { readdir } from 'node:fs/promises'
import { z } from 'zod'
import { checkpointsAmong, snapshotEpoch, snapshotName } from '@shared/checkpointNames'
import { vitSizesSchema } from '@shared/config/modelConfig'
import { imageRefSchema, type ImageRef } from '@shared/contract/records'
import { VitrineError } from '@shared/errors'
import { parseJson } from '@shared/json'
import { gridSide } from '@shared/model/size'
import { readSafetensors, writeSafetensors } from '@engine/formats/safetensors'
import type { TrainingFigures } from './trainingFigures'

/** One epoch's figures as a run keeps them: a safetensors file of arrays, the rest in its metadata. */

const metadataKey = 'vitrine.figures'
const metadataSchema = z.object({
  format: z.literal(1),
  epoch: z.int().nullable(),
  sizes: vitSizesSchema,
  explainedShares: z.array(z.number()),
  contrast: z.number().nullable(),
  images: z.array(imageRefSchema),
})

/** Name of an epoch's file in the run's folder of figures. */
export function figureFile(epoch: number): string {
  return `${snapshotName(epoch)}.safetensors`
}

/** The epochs that have a file, in their order; none where there is no folder. */
export async function recordedEpochs(folder: string): Promise<number[]> {
  const files = await readdir(folder).catch(() => [])
  return checkpointsAmong(files)
    .flatMap((name) => snapshotEpoch(name) ?? [])
    .sort((a, b) => a - b)
}

type StoredArrays = Map<string, { shape: number[]; data: Float32Array }>

/** Writes atomically. @param images those that the maps are of */
export async function writeFigures(path: string, figures: TrainingFigures, images: readonly ImageRef[]): Promise<void> {
  const { sizes, epoch, filters, positions, heads, maps } = figures
  const side = sizes.patchSize
  const patches = gridSide(sizes) ** 2
  const arrays: StoredArrays = new Map()
  arrays.set('components', { shape: [filters.count, side, side, 3], data: filters.components })
  if (positions !== null) arrays.set('similarity', { shape: [patches, patches], data: positions.similarity })
  if (heads !== null) {
    arrays.set('distances', { shape: [sizes.depth, sizes.numHeads], data: heads.distances })
    arrays.set('entropies', { shape: [sizes.depth, sizes.numHeads], data: heads.entropies })
    arrays.set('maps', { shape: [images.length, 2, patches], data: maps })
  }
  const { explainedShares } = filters
  const contrast = positions?.contrast ?? null
  const metadata = { format: 1, epoch, sizes, explainedShares, contrast, images }
  await writeSafetensors(path, arrays, { [metadataKey]: JSON.stringify(metadata) })
}

/** @throws VitrineError `not-found`, `unreadable` */
export async function readFigures(path: string): Promise<{ figures: TrainingFigures; images: ImageRef[] }> {
  const { tensors, metadata } = await readSafetensors(path)
  const parsed = metadataSchema.safeParse(parseJson(metadata[metadataKey] ?? ''))
  const components = tensors.get('components')
  if (!parsed.success || components === undefined) {
    throw new VitrineError('unreadable', `${path} holds no figures of an epoch: delete it.`)
  }
  const { sizes, epoch, explainedShares, contrast, images } = parsed.data
  const similarity = tensors.get('similarity')
  const distances = tensors.get('distances')
  const entropies = tensors.get('entropies')
  const maps = tensors.get('maps')
  return {
    images: maps === undefined ? [] : images,
    figures: {
      sizes,
      epoch,
      filters: { components: components.data, count: components.shape[0] ?? 0, explainedShares },
      positions: similarity === undefined || contrast === null ? null : { similarity: similarity.data, contrast },
      heads:
        distances === undefined || entropies === undefined
          ? null
          : { distances: distances.data, entropies: entropies.data },
      maps: maps?.data ?? new Float32Array(),
    },
  }
}
