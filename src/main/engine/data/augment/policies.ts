import type { SeededRandom } from '@shared/random'
import type { Size } from './geometry'
import type { ImageOperation, PixelOperation } from './operations'

/**
 * The spaces of RandAugment (Cubuk et al., 2019) and TrivialAugment wide (Müller and Hutter, 2021),
 * each with 31 magnitudes from weakest to strongest.
 */

export const magnitudeBins = 31

interface Space {
  shear: number
  /** Pixels at full magnitude, for one side of the image. */
  translate: (side: number) => number
  degrees: number
  /** How far brightness, saturation, contrast and sharpness go from 1. */
  factor: number
  /** Bits that are taken away at full magnitude. */
  posterizedBits: number
}

export const randAugmentSpace: Space = {
  shear: 0.3,
  translate: (side) => (150 / 331) * side,
  degrees: 30,
  factor: 0.9,
  posterizedBits: 4,
}

export const trivialAugmentSpace: Space = {
  shear: 0.99,
  translate: () => 32,
  degrees: 135,
  factor: 0.99,
  posterizedBits: 6,
}

/** What an image may get in one round; `null` leaves it as it is. */
type Choice = (space: Space, strength: number, sign: () => number, size: Size) => ImageOperation | null

const choices: readonly Choice[] = [
  () => null,
  (space, strength, sign) => ({ op: 'shear', x: sign() * strength * space.shear, y: 0 }),
  (space, strength, sign) => ({ op: 'shear', x: 0, y: sign() * strength * space.shear }),
  (space, strength, sign, { width }) => ({
    op: 'translate',
    x: sign() * Math.trunc(strength * space.translate(width)),
    y: 0,
  }),
  (space, strength, sign, { height }) => ({
    op: 'translate',
    x: 0,
    y: sign() * Math.trunc(strength * space.translate(height)),
  }),
  (space, strength, sign) => ({ op: 'rotate', degrees: sign() * strength * space.degrees }),
  (space, strength, sign) => ({ op: 'brightness', factor: 1 + sign() * strength * space.factor }),
  (space, strength, sign) => ({ op: 'saturation', factor: 1 + sign() * strength * space.factor }),
  (space, strength, sign) => ({ op: 'contrast', factor: 1 + sign() * strength * space.factor }),
  (space, strength, sign) => ({ op: 'sharpness', factor: 1 + sign() * strength * space.factor }),
  (space, strength) => ({ op: 'posterize', bits: 8 - Math.round(strength * space.posterizedBits) }),
  (_, strength) => ({ op: 'solarize', threshold: 1 - strength }),
  () => ({ op: 'autocontrast' }),
  () => ({ op: 'equalize' }),
]

/** The pixel operations that a round can draw. */
export const policyPixelOperations: readonly PixelOperation['op'][] = [
  'brightness',
  'saturation',
  'contrast',
  'sharpness',
  'posterize',
  'solarize',
  'autocontrast',
  'equalize',
]

/** One operation of a policy, each equally likely; signs are a coin's. `magnitude` counts from 0. */
export function drawFromSpace(
  space: Space,
  magnitude: number,
  size: Size,
  random: SeededRandom,
): ImageOperation | null {
  const choice = choices[random.below(choices.length)]
  const strength = magnitude / (magnitudeBins - 1)
  return choice?.(space, strength, () => (random.uniform() < 0.5 ? 1 : -1), size) ?? null
}
