import type { SeededRandom } from '@shared/random'

/**
 * A part of a square record as TensorFlow's `CropAndResize` takes it: `[y1, x1, y2, x2]`, where a
 * coordinate v means pixel v × (side − 1). Its corner pixels are the first and the last to be
 * sampled, so the whole record is exactly `[0, 0, 1, 1]`. x1 > x2 reads from right to left: mirrored.
 */
export type CropBox = readonly [y1: number, x1: number, y2: number, x2: number]

export const wholeRecord: CropBox = [0, 0, 1, 1]

export interface LightAugmentation {
  /** Least and greatest share of the area that is kept. */
  area: readonly [number, number]
  /** Least and greatest width ÷ height. */
  ratio: readonly [number, number]
  flipProbability: number
}

export const lightAugmentation: LightAugmentation = { area: [0.75, 1], ratio: [0.9, 1.05], flipProbability: 0.5 }

const attempts = 10

/**
 * Draws a crop as torchvision's `RandomResizedCrop` does (area uniform, ratio log-uniform, whole
 * pixels, ten attempts, then the whole), and a horizontal flip.
 */
export function drawCropBox(side: number, random: SeededRandom, options: LightAugmentation): CropBox {
  const [y1, x1, y2, x2] = drawCrop(side, random, options)
  return random.uniform() < options.flipProbability ? [y1, x2, y2, x1] : [y1, x1, y2, x2]
}

function drawCrop(side: number, random: SeededRandom, { area, ratio }: LightAugmentation): CropBox {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const pixels = side * side * random.uniform(area[0], area[1])
    const aspect = Math.exp(random.uniform(Math.log(ratio[0]), Math.log(ratio[1])))
    const width = Math.round(Math.sqrt(pixels * aspect))
    const height = Math.round(Math.sqrt(pixels / aspect))
    if (width < 1 || width > side || height < 1 || height > side) continue
    const top = random.below(side - height + 1)
    const left = random.below(side - width + 1)
    const last = Math.max(1, side - 1)
    return [top / last, left / last, (top + height - 1) / last, (left + width - 1) / last]
  }
  return wholeRecord
}
