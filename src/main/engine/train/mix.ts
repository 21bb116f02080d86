import type { MixConfig } from '@shared/config/trainConfig'
import type { SeededRandom } from '@shared/random'
import type { BatchMix } from './trainer'

/** Mixup (Zhang et al., 2017) and cutmix (Yun et al., 2019) of a batch with itself in reverse order, with timm's rules. */

/** Gamma(shape, 1) by Marsaglia & Tsang (2000); below shape 1 through Gamma(shape + 1)·U^(1/shape). */
function gamma(shape: number, random: SeededRandom): number {
  if (shape < 1) return gamma(shape + 1, random) * (1 - random.uniform()) ** (1 / shape)
  const d = shape - 1 / 3
  const c = 1 / Math.sqrt(9 * d)
  for (;;) {
    const x = random.normal()
    const v = (1 + c * x) ** 3
    if (v > 0 && Math.log(1 - random.uniform()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v
  }
}

/** Beta(α, α). For a tiny α both draws may underflow; the distribution is then a coin's. */
function symmetricBeta(alpha: number, random: SeededRandom): number {
  const a = gamma(alpha, random)
  const b = gamma(alpha, random)
  return a + b > 0 ? a / (a + b) : random.below(2)
}

/** A box of about the share 1 − `weight` around a uniform centre, cut at the edges; the share left outside it is exact. */
function drawBox(weight: number, imageSize: number, random: SeededRandom): BatchMix {
  const half = Math.floor(Math.floor(imageSize * Math.sqrt(1 - weight)) / 2)
  const centreY = random.below(imageSize)
  const centreX = random.below(imageSize)
  const top = Math.max(centreY - half, 0)
  const bottom = Math.min(centreY + half, imageSize)
  const left = Math.max(centreX - half, 0)
  const right = Math.min(centreX + half, imageSize)
  const area = (bottom - top) * (right - left)
  return { kind: 'cutmix', weight: 1 - area / imageSize ** 2, box: [top, left, bottom, right] }
}

/**
 * Draws how one batch is mixed; null where it stays as it is.
 * @param epoch from 1
 * @param random the batch's own stream
 * @param imageSize side of the model's input, in pixels
 */
export function drawMix(mix: MixConfig, epoch: number, random: SeededRandom, imageSize: number): BatchMix | null {
  const { mixupAlpha, cutmixAlpha, probability, switchProbability, offEpoch } = mix
  if (mixupAlpha === 0 && cutmixAlpha === 0) return null
  if (offEpoch !== null && epoch >= offEpoch) return null
  if (random.uniform() >= probability) return null
  const cuts = cutmixAlpha > 0 && (mixupAlpha === 0 || random.uniform() < switchProbability)
  const weight = symmetricBeta(cuts ? cutmixAlpha : mixupAlpha, random)
  return cuts ? drawBox(weight, imageSize, random) : { kind: 'mixup', weight, box: [0, 0, 0, 0] }
}

export interface MixValues {
  /** [B]: the image that each one is mixed with. */
  partners: Int32Array
  /** [1, S, S, 1]: what each pixel keeps of its own image. */
  pixelShare: Float32Array
  /** What each image keeps of its own label. */
  labelShare: number
}

/** A mix as what is fed: the counted images in reverse order, padding paired with itself. */
export function mixValues(mix: BatchMix | null, count: number, batchSize: number, imageSize: number): MixValues {
  const partners = Int32Array.from({ length: batchSize }, (_, image) => (image < count ? count - 1 - image : image))
  const pixelShare = new Float32Array(imageSize * imageSize).fill(mix?.kind === 'mixup' ? mix.weight : 1)
  if (mix?.kind === 'cutmix') {
    const [top, left, bottom, right] = mix.box
    for (let row = top; row < bottom; row++) pixelShare.fill(0, row * imageSize + left, row * imageSize + right)
  }
  return { partners, pixelShare, labelShare: mix?.weight ?? 1 }
}
