import { describe, expect, it } from 'vitest'
import { recipeOf } from '@shared/config/augmentPresets'
import { augmentRecipeSchema, type AugmentRecipeInput } from '@shared/config/augmentRecipe'
import { SeededRandom } from '@shared/random'
import { drawOperations } from '@engine/data/augment/draw'
import type { ImageOperation } from '@engine/data/augment/operations'
import { augmentPlan, gaussianWeights } from '@engine/data/augment/plan'

const recordSide = 256
const side = 224
const draws = 4000

function drawMany(recipe: AugmentRecipeInput): ImageOperation[][] {
  const parsed = augmentRecipeSchema.parse(recipe)
  return Array.from({ length: draws }, (_, index) =>
    drawOperations(parsed, recordSide, side, SeededRandom.stream(3, 'test', index)).map(({ operation }) => operation),
  )
}

const tutorial = drawMany(recipeOf('tutorial'))

function all<N extends ImageOperation['op']>(lists: ImageOperation[][], op: N): Extract<ImageOperation, { op: N }>[] {
  return lists.flat().filter((operation): operation is Extract<ImageOperation, { op: N }> => operation.op === op)
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

/** Within the range, and as wide and as central as a uniform draw: four standard errors of mean and variance. */
function expectUniform(values: readonly number[], low: number, high: number) {
  expect(Math.min(...values)).toBeGreaterThanOrEqual(low)
  expect(Math.max(...values)).toBeLessThanOrEqual(high)
  const deviation = (high - low) / Math.sqrt(12)
  expect(Math.abs(mean(values) - (low + high) / 2)).toBeLessThan((4 * deviation) / Math.sqrt(values.length))
  const variance = mean(values.map((value) => (value - (low + high) / 2) ** 2))
  expect(Math.abs(variance / deviation ** 2 - 1)).toBeLessThan(4 * Math.sqrt(0.8 / values.length))
}

function expectShare(count: number, p: number) {
  expect(Math.abs(count / draws - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / draws))
}

describe('the preset tutorial', () => {
  it('draws each operation as often as it says', () => {
    expect(all(tutorial, 'resizedCrop')).toHaveLength(draws)
    expectShare(all(tutorial, 'horizontalFlip').length, 0.5)
    expect(all(tutorial, 'rotate')).toHaveLength(draws)
    expectShare(all(tutorial, 'autocontrast').length, 0.2)
    expectShare(all(tutorial, 'gaussianBlur').length, 0.3)
    expectShare(all(tutorial, 'sharpness').length, 0.3)
    expectShare(all(tutorial, 'perspective').length, 0.3)
    expectShare(all(tutorial, 'erase').length, 0.1)
  })

  it('draws strengths uniformly from their ranges', () => {
    expectUniform(
      all(tutorial, 'rotate').map(({ degrees }) => degrees),
      -10,
      10,
    )
    expectUniform(
      all(tutorial, 'brightness').map(({ factor }) => factor),
      0.85,
      1.15,
    )
    expectUniform(
      all(tutorial, 'contrast').map(({ factor }) => factor),
      0.85,
      1.15,
    )
    expectUniform(
      all(tutorial, 'saturation').map(({ factor }) => factor),
      0.9,
      1.1,
    )
    expectUniform(
      all(tutorial, 'hue').map(({ shift }) => shift),
      -0.05,
      0.05,
    )
    expectUniform(
      all(tutorial, 'gaussianBlur').map(({ sigma }) => sigma),
      0.1,
      1,
    )
    expect(new Set(all(tutorial, 'sharpness').map(({ factor }) => factor))).toEqual(new Set([1.5]))
  })

  it('crops whole pixels of the record, of the drawn area and ratio', () => {
    const crops = all(tutorial, 'resizedCrop')
    for (const { top, left, height, width, size } of crops) {
      expect([top, left, height, width].every(Number.isInteger)).toBe(true)
      expect(Math.min(top, left)).toBeGreaterThanOrEqual(0)
      expect(Math.max(top + height, left + width)).toBeLessThanOrEqual(recordSide)
      expect(size).toEqual([side, side])
      // Rounding to whole pixels widens the drawn ranges a little.
      expect(width / height).toBeGreaterThan(0.89)
      expect(width / height).toBeLessThan(1.06)
    }
    const areas = crops.map(({ height, width }) => (height * width) / recordSide ** 2)
    expect(Math.min(...areas)).toBeGreaterThan(0.745)
    expect(mean(areas)).toBeGreaterThan(0.85)
    expect(mean(areas)).toBeLessThan(0.88)
  })

  it('moves corners inwards and erases rectangles inside the image', () => {
    for (const { endPoints } of all(tutorial, 'perspective')) {
      const [[left, top], , [right, bottom]] = endPoints
      expect(Math.max(left, top)).toBeLessThanOrEqual((0.15 * side) / 2)
      expect(Math.min(right, bottom)).toBeGreaterThanOrEqual(side - 1 - (0.15 * side) / 2)
    }
    for (const { top, left, height, width } of all(tutorial, 'erase')) {
      expect(Math.min(top, left)).toBeGreaterThanOrEqual(0)
      expect(Math.max(top + height, left + width)).toBeLessThanOrEqual(side)
      expect((height * width) / side ** 2).toBeGreaterThan(0.018)
      expect((height * width) / side ** 2).toBeLessThan(0.083)
    }
  })
})

describe('policies', () => {
  it('of TrivialAugment draw one of fourteen operations, at any magnitude', () => {
    const drawn = drawMany({ operations: [{ op: 'trivial-augment' }] })
    // The first is the stretch to the model's input.
    expect(Math.max(...drawn.map((list) => list.length))).toBe(2)
    expectShare(drawn.filter((list) => list.length === 1).length, 1 / 14)
    expectShare(all(drawn, 'shear').length, 2 / 14)
    expectShare(all(drawn, 'translate').length, 2 / 14)
    for (const op of [
      'rotate',
      'brightness',
      'saturation',
      'contrast',
      'sharpness',
      'posterize',
      'solarize',
    ] as const) {
      expectShare(all(drawn, op).length, 1 / 14)
    }
    expectUniform(
      all(drawn, 'rotate').map(({ degrees }) => degrees),
      -135,
      135,
    )
    expect(new Set(all(drawn, 'posterize').map(({ bits }) => bits))).toEqual(new Set([2, 3, 4, 5, 6, 7, 8]))
    expect(Math.max(...all(drawn, 'translate').map(({ x }) => x))).toBe(32)
  })

  it('of RandAugment draw as many operations as asked, at one magnitude', () => {
    const drawn = drawMany({ operations: [{ op: 'rand-augment', operations: 3, magnitude: 15 }] })
    expect(Math.max(...drawn.map((list) => list.length))).toBe(4)
    expect(new Set(all(drawn, 'rotate').map(({ degrees }) => degrees))).toEqual(new Set([-15, 15]))
    expect(new Set(all(drawn, 'brightness').map(({ factor }) => factor))).toEqual(new Set([0.55, 1.45]))
    expect(new Set(all(drawn, 'solarize').map(({ threshold }) => threshold))).toEqual(new Set([0.5]))
  })
})

describe('plans', () => {
  const plan = (operations: AugmentRecipeInput['operations']) =>
    augmentPlan(augmentRecipeSchema.parse({ operations }), side)

  it('warp only what is more than a crop and flips', () => {
    expect(augmentPlan(recipeOf('none'), side)).toEqual({ geometry: 'box', stages: [] })
    expect(augmentPlan(recipeOf('light'), side)).toEqual({ geometry: 'box', stages: [] })
    expect(plan([{ op: 'brightness' }, { op: 'vertical-flip' }]).geometry).toBe('box')
    expect(plan([{ op: 'rotation' }]).geometry).toBe('warp')
    expect(plan([{ op: 'rand-augment' }]).geometry).toBe('warp')
  })

  it('pick images out only where an operation may be off', () => {
    const { stages } = plan([{ op: 'brightness' }, { op: 'hue', p: 0.9 }, { op: 'gaussian-blur', kernel: 7, p: 1 }])
    expect(stages.map(({ kind, always, columns }) => ({ kind, always, columns }))).toEqual([
      { kind: 'brightness', always: true, columns: 2 },
      { kind: 'hue', always: false, columns: 2 },
      { kind: 'gaussianBlur', always: true, columns: 5 },
    ])
  })

  it('refuse a blur that the images are too small for', () => {
    const blur = augmentRecipeSchema.parse({ operations: [{ op: 'gaussian-blur', kernel: 31 }] })
    expect(() => augmentPlan(blur, 15)).toThrow('too large for images of 15 px')
    expect(() => augmentPlan(blur, 16)).not.toThrow()
  })

  it('weigh a blur to one', () => {
    const [centre = 0, ...rest] = gaussianWeights(5, 1.1)
    expect(centre + 2 * rest.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 12)
    expect((rest[0] ?? 0) / centre).toBeCloseTo(Math.exp(-0.5 / 1.1 ** 2), 12)
  })
})
