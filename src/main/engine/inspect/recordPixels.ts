import type { PreparedDataset } from '@engine/data/dataset'
import { normalisePixels } from '@engine/data/preprocess'
import type { Checkpoint } from '@engine/vit/checkpoint'
import { stretch } from './overlay'

/** Records of a dataset as a model gets them, [count, C, side, side]. */
export async function readNormalised(
  dataset: PreparedDataset,
  indices: readonly number[],
  { sizes, normalize }: Pick<Checkpoint, 'sizes' | 'normalize'>,
): Promise<Float32Array> {
  const side = sizes.imageSize
  const { imageSize } = dataset.manifest
  const area = sizes.channels * side * side
  const pixels = new Float32Array(indices.length * area)
  for (const [image, index] of indices.entries()) {
    const record = { width: imageSize, height: imageSize, pixels: await dataset.readRecord(index) }
    const square = await stretch(record, side, side)
    pixels.set(normalisePixels(square.pixels, side, normalize.mean, normalize.std), image * area)
  }
  return pixels
}
