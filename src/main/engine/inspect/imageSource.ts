import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import type { ImageRef } from '@shared/contract/records'
import { VitrineError } from '@shared/errors'
import type { PreparedDataset } from '@engine/data/dataset'
import { decodeForModel, decodePicture } from '@engine/data/preprocess'
import { resolveDataset } from '@engine/data/resolve'
import type { EnginePlaces, JobContext } from '@engine/job'
import { encodePng, stretch, type RgbImage } from './overlay'

/** An image as it was chosen, and as the model gets it. */
export interface SourceImage {
  name: string
  /** Size of the whole image, before it was made square. */
  width: number
  height: number
  label: string | null
  /** PNG of the whole image in its own aspect. */
  picturePng: Uint8Array
  /** Square, before normalisation. */
  modelInput: RgbImage
}

const pictureSide = 1024

/** Questions of the window are short and can't be cancelled or stopped. */
const unattended: JobContext = {
  emit: () => undefined,
  cancelled: new AbortController().signal,
  stopRequested: () => false,
}

/** Tells whether two references mean the same image, also after a file was overwritten. */
export async function imageKey(ref: ImageRef): Promise<string> {
  if (ref.from === 'dataset') return `${ref.dataset}#${ref.index}`
  const stats = await stat(ref.path).catch(() => null)
  return `${ref.path}@${stats?.mtimeMs ?? 0}:${stats?.size ?? 0}`
}

/**
 * @param side of the model's input in pixels
 * @throws VitrineError `unreadable` or `not-found` with the name of the file or dataset
 */
export async function loadImage(ref: ImageRef, side: number, places: EnginePlaces): Promise<SourceImage> {
  if (ref.from === 'file') {
    const [{ pixels, width, height }, picturePng] = await Promise.all([
      decodeForModel(ref.path, side),
      decodePicture(ref.path, pictureSide),
    ])
    const modelInput = { width: side, height: side, pixels }
    return { name: basename(ref.path), width, height, label: null, picturePng, modelInput }
  }
  const dataset = await resolveDataset(ref.dataset, places.home, places.resources, unattended)
  try {
    return await loadRecord(dataset, ref.index, side)
  } finally {
    await dataset.close()
  }
}

/**
 * A record of an open dataset.
 * @param side of the model's input in pixels
 * @throws VitrineError `not-found` where there is no such record
 */
export async function loadRecord(dataset: PreparedDataset, index: number, side: number): Promise<SourceImage> {
  if (index >= dataset.count) {
    const message = `The dataset ${dataset.manifest.name} has ${dataset.count} images, so there is no image ${index}: choose another.`
    throw new VitrineError('not-found', message)
  }
  const { imageSize, classes } = dataset.manifest
  const record: RgbImage = { width: imageSize, height: imageSize, pixels: await dataset.readRecord(index) }
  const origin = (await dataset.readOrigins())[index]
  const width = origin?.width ?? imageSize
  const height = origin?.height ?? imageSize
  // The record is square; the picture gets the original's aspect back, at the record's resolution.
  const shrink = Math.min(imageSize, pictureSide) / Math.max(width, height)
  const picture = await stretch(
    record,
    Math.max(1, Math.round(width * shrink)),
    Math.max(1, Math.round(height * shrink)),
  )
  return {
    name: origin === undefined ? `image ${index}` : basename(origin.file),
    width,
    height,
    label: classes[dataset.labels[index] ?? -1] ?? null,
    picturePng: await encodePng(picture),
    modelInput: await stretch(record, side, side),
  }
}
