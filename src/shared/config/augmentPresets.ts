import { augmentRecipeSchema, type AugmentRecipe, type AugmentRecipeInput } from './augmentRecipe'

export const augmentPresets = ['none', 'light', 'tutorial', 'strong'] as const
export type AugmentPreset = (typeof augmentPresets)[number]

/** A preset by its name, or a recipe of one's own. */
export type AugmentChoice = AugmentPreset | AugmentRecipe

const presetRecipes: Record<AugmentPreset, AugmentRecipeInput> = {
  none: { operations: [] },
  light: {
    operations: [
      { op: 'resized-crop', scale: [0.75, 1], ratio: [0.9, 1.05] },
      { op: 'horizontal-flip', p: 0.5 },
    ],
  },
  /** Made for a few thousand photographs and a pretrained model: many small changes. */
  tutorial: {
    operations: [
      { op: 'resized-crop', scale: [0.75, 1], ratio: [0.9, 1.05] },
      { op: 'horizontal-flip', p: 0.5 },
      { op: 'rotation', degrees: [-10, 10] },
      { op: 'brightness', factor: [0.85, 1.15] },
      { op: 'contrast', factor: [0.85, 1.15] },
      { op: 'saturation', factor: [0.9, 1.1] },
      { op: 'hue', shift: [-0.05, 0.05] },
      { op: 'autocontrast', p: 0.2 },
      { op: 'gaussian-blur', kernel: 3, sigma: [0.1, 1], p: 0.3 },
      { op: 'sharpness', factor: [1.5, 1.5], p: 0.3 },
      { op: 'perspective', distortion: 0.15, p: 0.3 },
      { op: 'erasing', scale: [0.02, 0.08], ratio: [0.3, 3.3], p: 0.1 },
    ],
  },
  /** For training from scratch: far crops, one strong operation for each image, and erasing. */
  strong: {
    operations: [
      { op: 'resized-crop', scale: [0.3, 1], ratio: [0.75, 1.3333] },
      { op: 'horizontal-flip', p: 0.5 },
      { op: 'trivial-augment' },
      { op: 'erasing', scale: [0.02, 0.33], ratio: [0.3, 3.3], p: 0.25 },
    ],
  },
}

export function isAugmentPreset(text: string): text is AugmentPreset {
  return augmentPresets.some((preset) => preset === text)
}

/** The operations behind a choice. */
export function recipeOf(choice: AugmentChoice): AugmentRecipe {
  return typeof choice === 'string' ? augmentRecipeSchema.parse(presetRecipes[choice]) : choice
}
