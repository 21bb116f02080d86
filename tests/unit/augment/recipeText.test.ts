import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { augmentPresets, recipeOf } from '@shared/config/augmentPresets'
import { augmentRecipeSchema, type AugmentRecipe } from '@shared/config/augmentRecipe'
import { parseRecipeText, recipeText } from '@shared/config/augmentText'
import { dataSchema } from '@shared/config/dataConfig'

const share = fc.double({ min: 0, max: 1, noNaN: true })

function range(low: number, high: number) {
  const bound = fc.double({ min: low, max: high, noNaN: true })
  return fc.tuple(bound, bound).map(([a, b]): [number, number] => [Math.min(a, b), Math.max(a, b)])
}

const operation = fc.oneof(
  fc.record({ op: fc.constant('resized-crop' as const), scale: range(0.01, 1), ratio: range(0.1, 10) }),
  fc.record({ op: fc.constantFrom('horizontal-flip' as const, 'vertical-flip', 'autocontrast', 'equalize'), p: share }),
  fc.record({ op: fc.constant('rotation' as const), degrees: range(-180, 180), p: share }),
  fc.record({ op: fc.constant('perspective' as const), distortion: share, p: share }),
  fc.record({
    op: fc.constantFrom('brightness' as const, 'contrast', 'saturation', 'sharpness'),
    factor: range(0, 10),
    p: share,
  }),
  fc.record({ op: fc.constant('hue' as const), shift: range(-0.5, 0.5), p: share }),
  fc.record({
    op: fc.constant('gaussian-blur' as const),
    kernel: fc.integer({ min: 1, max: 15 }).map((half) => 2 * half + 1),
    sigma: range(0.05, 20),
    p: share,
  }),
  fc.record({ op: fc.constant('posterize' as const), bits: fc.integer({ min: 1, max: 8 }), p: share }),
  fc.record({ op: fc.constant('solarize' as const), threshold: share, p: share }),
  fc.record({
    op: fc.constant('erasing' as const),
    scale: range(0.01, 1),
    ratio: range(0.1, 10),
    value: share,
    p: share,
  }),
  fc.record({
    op: fc.constant('rand-augment' as const),
    operations: fc.integer({ min: 1, max: 4 }),
    magnitude: fc.integer({ min: 0, max: 30 }),
  }),
  fc.record({ op: fc.constant('trivial-augment' as const) }),
)

/** −0 and 0 are the same number to a reader. */
const plain = (recipe: AugmentRecipe): unknown => JSON.parse(JSON.stringify(recipe))

describe('the text form of a recipe', () => {
  it('gives the same recipe back', () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 24 }), (operations) => {
        const recipe = augmentRecipeSchema.parse({ operations })
        const parsed = parseRecipeText(recipeText(recipe))
        expect(parsed.ok && plain(parsed.recipe)).toEqual(plain(recipe))
      }),
    )
    for (const preset of augmentPresets) {
      expect(parseRecipeText(recipeText(recipeOf(preset)))).toEqual({ ok: true, recipe: recipeOf(preset) })
    }
  })

  it('takes defaults, single numbers for ranges, and new lines', () => {
    const parsed = parseRecipeText('  resized-crop scale=0.6..1 ;\nhorizontal-flip\nsharpness factor=2 p=1')
    expect(parsed).toEqual({
      ok: true,
      recipe: {
        operations: [
          { op: 'resized-crop', scale: [0.6, 1], ratio: [0.75, 1.3333] },
          { op: 'horizontal-flip', p: 0.5 },
          { op: 'sharpness', factor: [2, 2], p: 1 },
        ],
      },
    })
  })

  it.each([
    ['blur p=0.5', 'no operation “blur”'],
    ['rotation degrees=wide', "doesn't understand “degrees=wide”"],
    ['rotation degrees=1..2..3', "doesn't understand"],
    ['rotation degrees=', "doesn't understand"],
    ['rotation degrees', "doesn't understand"],
    ['horizontal-flip p=2', '“p” in operation 1'],
    ['horizontal-flip p=0.5; hue shift=-0.9..0', '“shift” in operation 2'],
    ['gaussian-blur kernel=4', 'must be odd'],
    ['hue shift=0.1..-0.1', 'must begin with the smaller number'],
    ['hue size=3', 'unknown setting “size” in operation 1'],
  ])('says what is wrong with "%s"', (text, problem) => {
    const parsed = parseRecipeText(text)
    expect(parsed.ok ? '' : parsed.problem).toContain(problem)
  })
})

describe('the setting data.augment', () => {
  const augmentOf = (augment: unknown) => dataSchema.safeParse({ dataset: 'sample:shapes', augment })

  it('is a preset, a text or an object, and light where it is left out', () => {
    expect(augmentOf('tutorial').data?.augment).toBe('tutorial')
    const flip = { operations: [{ op: 'horizontal-flip', p: 0.5 }] }
    expect(augmentOf('horizontal-flip').data?.augment).toEqual(flip)
    expect(augmentOf({ operations: [{ op: 'horizontal-flip' }] }).data?.augment).toEqual(flip)
    expect(dataSchema.parse({ dataset: 'sample:shapes' }).augment).toBe('light')
  })

  it.each([
    ['heavy', 'must be none, light, tutorial, strong or a recipe'],
    ['', 'it is empty'],
    [7, 'must be a preset'],
    [{ operations: [{ op: 'rotation', degrees: [0, 400] }] }, '“degrees” in operation 1'],
    [{ operations: [{ op: 'turn' }] }, 'no such operation at place 1'],
  ])('refuses %j in words', (augment, words) => {
    const [issue] = augmentOf(augment).error?.issues ?? []
    expect(issue?.path).toEqual(['augment'])
    expect(issue?.message).toContain(words)
  })
})
