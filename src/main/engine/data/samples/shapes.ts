import type { DatasetManifest } from '@shared/contract/records'
import { SeededRandom } from '@shared/random'
import type { JobContext } from '@engine/job'
import { ChannelStatistics } from '../channelStatistics'
import { countByClass } from '../classCounts'
import { DatasetWriter } from '../datasetWriter'
import { ProgressReporter, throwIfEnded } from '../progress'
import { between, drawPalette } from './shapeColours'
import { shapeNames, shapeOutlines, type Outline } from './shapeOutlines'
import { drawTexture } from './shapeTextures'

/**
 * The sample `shapes`: one of ten shapes anywhere on a textured background, drawn from a fixed seed,
 * with the mask of each object so that attention can be scored against it.
 */

export const shapesSide = 64
const trainCount = 6000
const valCount = 1000
const seed = 20201022
const chunkSize = 100

export interface ShapeImage {
  /** `[side, side, 3]` */
  pixels: Uint8Array
  /** `[side, side]`, 1 where at least half of a pixel is the object. */
  mask: Uint8Array
  /** Index in `shapeNames`. */
  label: number
}

/** Record `index` of the sample; classes take turns, so that every split has equally many of each. */
export function drawShape(index: number): ShapeImage {
  const side = shapesSide
  const random = SeededRandom.stream(seed, 'shapes', index)
  const label = index % shapeNames.length
  const outline = shapeOutlines[shapeNames[label] ?? 'circle']
  const { background, object } = drawPalette(random)
  const texture = drawTexture(side, random)
  const coverage = drawCoverage(outline, side, random)

  const light = random.uniform(0, 2 * Math.PI)
  const [lightX, lightY] = [Math.cos(light) / side, Math.sin(light) / side]
  const pixels = new Uint8Array(side * side * 3)
  const mask = new Uint8Array(side * side)
  for (let at = 0; at < side * side; at++) {
    const x = at % side
    const y = (at - x) / side
    const covered = coverage[at] ?? 0
    const ground = texture(x, y)
    const shade = 0.5 + (x - side / 2) * lightX + (y - side / 2) * lightY
    // A little noise, as a camera's: no area is perfectly flat. One draw serves the three channels.
    const noise = random.uint32()
    for (let channel = 0; channel < 3; channel++) {
      const behind = between(background, channel, ground)
      const value = covered === 0 ? behind : behind + (between(object, channel, shade) - behind) * covered
      const shift = (((noise >>> (8 * channel)) & 0xff) - 127.5) / 32
      pixels[at * 3 + channel] = Math.min(255, Math.max(0, value + shift))
    }
    mask[at] = covered >= 0.5 ? 1 : 0
  }
  return { pixels, mask, label }
}

/** `[side, side]`: the share of each pixel that the shape covers, wherever it was put, however large and turned. */
function drawCoverage(outline: Outline, side: number, random: SeededRandom): Float32Array {
  const halfSize = (side * random.uniform(0.35, 0.6)) / 2
  const angle = random.uniform(-1, 1) * (25 / 180) * Math.PI
  const mirror = random.uniform() < 0.5 ? -1 : 1
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)]
  const turned = outline.hull.map(([x, y]) => ({
    x: halfSize * (mirror * x * cos - y * sin),
    y: halfSize * (mirror * x * sin + y * cos),
  }))
  const across = drawPlace(
    turned.map(({ x }) => x),
    side,
    random,
  )
  const down = drawPlace(
    turned.map(({ y }) => y),
    side,
    random,
  )
  const coverage = new Float32Array(side * side)
  for (let y = down.first; y <= down.last; y++) {
    for (let x = across.first; x <= across.last; x++) {
      const offsetX = x + 0.5 - across.centre
      const offsetY = y + 0.5 - down.centre
      const unturnedX = (mirror * (offsetX * cos + offsetY * sin)) / halfSize
      const unturnedY = (offsetY * cos - offsetX * sin) / halfSize
      const distance = outline.distance(unturnedX, unturnedY) * halfSize
      coverage[y * side + x] = Math.min(1, Math.max(0, 0.5 - distance))
    }
  }
  return coverage
}

interface Place {
  centre: number
  /** First and last pixel that the object may touch. */
  first: number
  last: number
}

/** Anywhere that leaves the whole object inside the image, a pixel away from its border. */
function drawPlace(offsets: readonly number[], side: number, random: SeededRandom): Place {
  const [least, most] = [Math.min(...offsets), Math.max(...offsets)]
  const centre = random.uniform(1 - least, side - 1 - most)
  return {
    centre,
    first: Math.max(0, Math.floor(centre + least) - 1),
    last: Math.min(side - 1, Math.ceil(centre + most)),
  }
}

/** Makes the sample in `folder`. @throws VitrineError `cancelled`. */
export async function makeShapes(folder: string, context: JobContext): Promise<DatasetManifest> {
  const count = trainCount + valCount
  const writer = await DatasetWriter.begin(folder, shapesSide, { masks: true })
  try {
    const statistics = new ChannelStatistics()
    const progress = new ProgressReporter(context, 'Drawing shapes', count)
    const labels: number[] = []
    for (let start = 0; start < count; start += chunkSize) {
      throwIfEnded(context)
      const images = Array.from({ length: Math.min(chunkSize, count - start) }, (_, index) => drawShape(start + index))
      for (const [index, image] of images.entries()) {
        if (start + index < trainCount) statistics.add(image.pixels)
        labels.push(image.label)
      }
      await writer.writeImages(start, Buffer.concat(images.map(({ pixels }) => pixels)))
      await writer.writeMasks(start, Buffer.concat(images.map(({ mask }) => mask)))
      progress.advance(images.length)
    }
    const origins = labels.map((label, index) => ({
      file: `${shapeNames[label] ?? ''} ${Math.floor(index / shapeNames.length) + 1}`,
      width: shapesSide,
      height: shapesSide,
    }))
    const manifest: DatasetManifest = {
      format: 1,
      name: 'Shapes',
      source: 'sample:shapes',
      createdAt: new Date().toISOString(),
      imageSize: shapesSide,
      classes: [...shapeNames],
      trainCount,
      valCount,
      classCounts: countByClass(labels, trainCount, shapeNames.length),
      statistics: statistics.result(),
      skipped: [],
      hasMasks: true,
    }
    return await writer.commit(manifest, labels, origins)
  } catch (error) {
    await writer.discard()
    throw error
  }
}
