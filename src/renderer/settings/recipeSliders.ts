import {
  augmentOperationSchema,
  augmentRecipeSchema,
  type AugmentOperation,
  type AugmentRecipe,
} from '@shared/config/augmentRecipe'

/** The settings of a recipe's operations as sliders, and what moving one gives. */

export type SettingValue = number | readonly [number, number]

interface SliderKind {
  label: string
  help: string
  min: number
  max: number
  step: number
}

export interface SettingSlider extends SliderKind {
  key: string
  value: SettingValue
}

/** By the settings' names, which mean the same in every operation. */
const kinds: Readonly<Record<string, SliderKind>> = {
  p: { label: 'chance', help: 'Share of the images that it is done to.', min: 0, max: 1, step: 0.05 },
  scale: { label: 'area', help: 'Share of the image’s area.', min: 0.01, max: 1, step: 0.01 },
  ratio: { label: 'aspect', help: 'One side ÷ the other.', min: 0.1, max: 4, step: 0.05 },
  degrees: { label: 'degrees', help: 'Anticlockwise.', min: -180, max: 180, step: 1 },
  distortion: { label: 'distortion', help: 'How far the corners move.', min: 0, max: 1, step: 0.05 },
  factor: { label: 'factor', help: '1 leaves the image as it is.', min: 0, max: 3, step: 0.05 },
  shift: { label: 'shift', help: 'In turns of the colour circle.', min: -0.5, max: 0.5, step: 0.01 },
  kernel: { label: 'window', help: 'Side of the blur’s window in pixels.', min: 3, max: 31, step: 2 },
  sigma: { label: 'sigma', help: 'Width of the blur in pixels.', min: 0.05, max: 5, step: 0.05 },
  bits: { label: 'bits', help: 'Bits that are left of each colour.', min: 1, max: 8, step: 1 },
  threshold: { label: 'threshold', help: 'Brighter values are inverted.', min: 0, max: 1, step: 0.05 },
  value: { label: 'grey', help: '0 is black, 1 is white.', min: 0, max: 1, step: 0.05 },
  operations: { label: 'how many', help: 'Operations for each image.', min: 1, max: 4, step: 1 },
  magnitude: { label: 'strength', help: 'From 0 to 30.', min: 0, max: 30, step: 1 },
}

/** `horizontal-flip` → "Horizontal flip" */
export function operationWords(op: string): string {
  const words = op.replaceAll('-', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** Limits give way to a value that was typed beyond them. */
export function settingSliders(operation: AugmentOperation): SettingSlider[] {
  return Object.entries(operation).flatMap(([key, value]: [string, SettingValue | string]) => {
    const kind = kinds[key]
    if (kind === undefined || typeof value === 'string') return []
    const [low, high] = typeof value === 'number' ? [value, value] : value
    return [{ ...kind, key, value, min: Math.min(kind.min, low), max: Math.max(kind.max, high) }]
  })
}

function checked(operations: readonly unknown[]): AugmentRecipe | null {
  const parsed = augmentRecipeSchema.safeParse({ operations })
  return parsed.success ? parsed.data : null
}

/** Null where the value is none that the setting takes. */
export function withSetting(
  recipe: AugmentRecipe,
  index: number,
  key: string,
  value: SettingValue,
): AugmentRecipe | null {
  return checked(recipe.operations.map((operation, at) => (at === index ? { ...operation, [key]: value } : operation)))
}

export function withoutOperation(recipe: AugmentRecipe, index: number): AugmentRecipe | null {
  return checked(recipe.operations.filter((_, at) => at !== index))
}

/** One more operation at the end, with its usual settings. */
export function withOperation(recipe: AugmentRecipe, op: string): AugmentRecipe | null {
  const added = augmentOperationSchema.safeParse({ op })
  return added.success ? checked([...recipe.operations, added.data]) : null
}
