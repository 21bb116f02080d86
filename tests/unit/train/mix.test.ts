import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { trainSchema, type MixConfig } from '@shared/config/trainConfig'
import { SeededRandom } from '@shared/random'
import { drawMix, mixValues } from '@engine/train/mix'
import type { BatchMix } from '@engine/train/trainer'

function config(changes: Partial<MixConfig>): MixConfig {
  return { ...trainSchema.shape.mix.parse({}), ...changes }
}

const draws = 20_000
const side = 32

function drawMany(changes: Partial<MixConfig>, epoch = 1): (BatchMix | null)[] {
  return Array.from({ length: draws }, (_, step) =>
    drawMix(config(changes), epoch, SeededRandom.stream(7, 'mix', step), side),
  )
}

const shareOf = (mixes: readonly (BatchMix | null)[], kind: BatchMix['kind'] | null) =>
  mixes.filter((mix) => (mix?.kind ?? null) === kind).length / mixes.length

describe('which batches are mixed', () => {
  it('none, where both are off', () => {
    expect(shareOf(drawMany({}), null)).toBe(1)
  })

  it('none from the off-epoch on, all before', () => {
    const changes = { mixupAlpha: 0.4, offEpoch: 5 }
    expect(shareOf(drawMany(changes, 4), 'mixup')).toBe(1)
    expect(shareOf(drawMany(changes, 5), null)).toBe(1)
    expect(shareOf(drawMany(changes, 6), null)).toBe(1)
  })

  it('by the probability, and between the two kinds by the switch', () => {
    const mixes = drawMany({ mixupAlpha: 0.8, cutmixAlpha: 1, probability: 0.7, switchProbability: 0.4 })
    expect(shareOf(mixes, null)).toBeCloseTo(0.3, 1)
    expect(shareOf(mixes, 'cutmix')).toBeCloseTo(0.28, 1)
    expect(shareOf(mixes, 'mixup')).toBeCloseTo(0.42, 1)
  })

  it('cutmix alone needs no switch', () => {
    expect(shareOf(drawMany({ cutmixAlpha: 1, switchProbability: 0 }), 'cutmix')).toBe(1)
  })

  it('the same stream draws the same', () => {
    const draw = () => drawMix(config({ mixupAlpha: 0.2, cutmixAlpha: 1 }), 1, SeededRandom.stream(3, 'mix', 9), side)
    expect(draw()).toEqual(draw())
    expect(draw()).not.toBeNull()
  })
})

describe('mixup draws its weight from Beta(α, α)', () => {
  it.each([0.1, 0.2, 0.8, 1, 4])('α = %d: mean, variance and fourth moment', (alpha) => {
    const weights = drawMany({ mixupAlpha: alpha }).map((mix) => mix?.weight ?? NaN)
    const moment = (power: number) => weights.reduce((sum, weight) => sum + (weight - 0.5) ** power, 0) / draws
    const variance = 1 / (4 * (2 * alpha + 1))
    const fourth = variance ** 2 * (3 - 6 / (2 * alpha + 3))
    expect(weights.every((weight) => weight >= 0 && weight <= 1)).toBe(true)
    expect(Math.abs(moment(1))).toBeLessThan((4 * Math.sqrt(variance)) / Math.sqrt(draws))
    expect(Math.abs(moment(2) / variance - 1)).toBeLessThan(0.04)
    expect(Math.abs(moment(4) / fourth - 1)).toBeLessThan(0.06)
  })

  it('survives an α whose draws underflow', () => {
    const weights = drawMany({ mixupAlpha: 1e-4 }).map((mix) => mix?.weight ?? NaN)
    expect(weights.every((weight) => weight >= 0 && weight <= 1)).toBe(true)
    expect(weights.filter((weight) => weight > 0.5).length / draws).toBeCloseTo(0.5, 1)
  })
})

describe('cutmix', () => {
  const mixes = drawMany({ cutmixAlpha: 1 }).flatMap((mix) => mix ?? [])

  it('keeps the share outside its box', () => {
    for (const { weight, box } of mixes) {
      const [top, left, bottom, right] = box
      expect(Math.min(top, left)).toBeGreaterThanOrEqual(0)
      expect(Math.max(bottom, right)).toBeLessThanOrEqual(side)
      expect(weight).toBeCloseTo(1 - ((bottom - top) * (right - left)) / side ** 2, 12)
    }
  })

  it('puts square boxes anywhere, cut off at the edges', () => {
    const whole = mixes.filter(({ box: [top, left, bottom, right] }) => {
      return top > 0 && left > 0 && bottom < side && right < side
    })
    expect(whole.length).toBeGreaterThan(draws / 10)
    expect(whole.every(({ box: [top, left, bottom, right] }) => bottom - top === right - left)).toBe(true)
    const middles = mixes.map(({ box: [top, , bottom] }) => (top + bottom) / 2)
    expect(middles.reduce((sum, middle) => sum + middle, 0) / draws / side).toBeCloseTo(0.5, 1)
    expect(mixes.some(({ box }) => box[0] === 0)).toBe(true)
    expect(mixes.some(({ box }) => box[3] === side)).toBe(true)
  })
})

describe('what is fed', () => {
  it('pairs the counted images in reverse and padding with itself', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.nat(20), (count, padding) => {
        const { partners } = mixValues(null, count, count + padding, 8)
        for (const [image, partner] of partners.entries()) {
          expect(partner).toBe(image < count ? count - 1 - image : image)
          expect(partners[partner]).toBe(image)
        }
      }),
    )
  })

  it('keeps everything of an unmixed batch', () => {
    const { pixelShare, labelShare } = mixValues(null, 4, 4, 8)
    expect([...new Set(pixelShare), labelShare]).toEqual([1, 1])
  })

  it('of mixup the same share of every pixel and of the label', () => {
    const { pixelShare, labelShare } = mixValues({ kind: 'mixup', weight: 0.25, box: [0, 0, 0, 0] }, 4, 4, 8)
    expect([...new Set(pixelShare), labelShare]).toEqual([0.25, 0.25])
    expect(pixelShare).toHaveLength(64)
  })

  it('of cutmix nothing inside the box and all outside', () => {
    const { pixelShare } = mixValues({ kind: 'cutmix', weight: 1 - 6 / 64, box: [1, 2, 3, 5] }, 4, 4, 8)
    const inside = [10, 11, 12, 18, 19, 20]
    expect([...pixelShare].map((share, index) => (inside.includes(index) ? share === 0 : share === 1))).not.toContain(
      false,
    )
  })
})
