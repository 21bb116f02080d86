import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import type { DatasetManifest } from '@shared/contract/records'
import { VitrineError } from '@shared/errors'
import type { JobContext } from '@engine/job'
import { ChannelStatistics } from '../channelStatistics'
import { countByClass } from '../classCounts'
import { DatasetWriter } from '../datasetWriter'
import { ProgressReporter, throwIfEnded } from '../progress'
import { stratifiedSplit } from '../split'

/**
 * The sample `digits`: 10,000 handwritten digits of MNIST (LeCun et al. 1998), which come with the
 * app as `digits.bin.gz`: for each image its class and 28 × 28 grey bytes.
 */

const packedFile = 'digits.bin.gz'
const packedSide = 28
const packedBytes = 1 + packedSide ** 2
/** Black around the digit makes the side a multiple of the usual patch sizes. */
const padding = 2
export const digitsSide = packedSide + 2 * padding
const classes = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']
const valFraction = 0.1
const seed = 19981101
const chunkSize = 500

/**
 * Makes the sample in `folder`.
 *
 * @throws VitrineError `not-found` or `unreadable` when the packed digits are missing or damaged; `cancelled`.
 */
export async function makeDigits(folder: string, resources: string, context: JobContext): Promise<DatasetManifest> {
  const packed = await unpack(join(resources, packedFile))
  const count = packed.length / packedBytes
  const labelOf = (index: number) => packed[index * packedBytes] ?? 0
  const packedLabels = Array.from({ length: count }, (_, index) => labelOf(index))
  const chosen = stratifiedSplit(packedLabels, valFraction, seed)
  const order = [...packedLabels.keys()].sort((a, b) => Number(chosen[a]) - Number(chosen[b]) || a - b)
  const trainCount = chosen.filter((forVal) => !forVal).length

  const writer = await DatasetWriter.begin(folder, digitsSide, { masks: false })
  try {
    const statistics = new ChannelStatistics()
    const progress = new ProgressReporter(context, 'Unpacking digits', count)
    for (let start = 0; start < count; start += chunkSize) {
      throwIfEnded(context)
      const images = order.slice(start, start + chunkSize).map((index) => {
        const grey = packed.subarray(index * packedBytes + 1, (index + 1) * packedBytes)
        return toRecord(grey)
      })
      for (const image of images.slice(0, Math.max(0, trainCount - start))) statistics.add(image)
      await writer.writeImages(start, Buffer.concat(images))
      progress.advance(images.length)
    }
    const labels = order.map(labelOf)
    const manifest: DatasetManifest = {
      format: 1,
      name: 'Digits',
      source: 'sample:digits',
      createdAt: new Date().toISOString(),
      imageSize: digitsSide,
      classes,
      trainCount,
      valCount: count - trainCount,
      classCounts: countByClass(labels, trainCount, classes.length),
      statistics: statistics.result(),
      skipped: [],
      hasMasks: false,
    }
    const origins = order.map((index) => ({ file: `digit ${index + 1}`, width: packedSide, height: packedSide }))
    return await writer.commit(manifest, labels, origins)
  } catch (error) {
    await writer.discard()
    throw error
  }
}

async function unpack(path: string): Promise<Uint8Array> {
  const zipped = await readFile(path).catch((error: unknown) => {
    throw new VitrineError('not-found', `The digits that come with Vitrine are missing (${path}): install it again.`, {
      cause: error,
    })
  })
  const packed = await promisify(gunzip)(zipped).catch(() => new Uint8Array())
  const count = packed.length / packedBytes
  const whole = count > 0 && Number.isInteger(count)
  if (
    !whole ||
    Array.from({ length: count }, (_, index) => packed[index * packedBytes] ?? 0).some((label) => label > 9)
  ) {
    throw new VitrineError('unreadable', `The digits that come with Vitrine are damaged (${path}): install it again.`)
  }
  return packed
}

/** From `[28, 28]` grey to `[32, 32, 3]` with black around it. */
function toRecord(grey: Uint8Array): Uint8Array {
  const record = new Uint8Array(digitsSide ** 2 * 3)
  for (let y = 0; y < packedSide; y++) {
    for (let x = 0; x < packedSide; x++) {
      const target = ((y + padding) * digitsSide + x + padding) * 3
      record.fill(grey[y * packedSide + x] ?? 0, target, target + 3)
    }
  }
  return record
}
