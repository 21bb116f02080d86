import { z } from 'zod'
import { augmentPresets, isAugmentPreset, type AugmentChoice } from './augmentPresets'
import { augmentRecipeSchema, type AugmentRecipeInput } from './augmentRecipe'
import { parseRecipeText, recipeProblem } from './augmentText'
import { positiveInt } from './settingTypes'

/** A preset's name, a recipe in its text form, or a recipe as an object. */
export const augmentSchema = z
  .custom<string | AugmentRecipeInput>((value) => value !== undefined)
  .transform((value, context): AugmentChoice => {
    const fail = (message: string) => {
      context.issues.push({ code: 'custom', message, input: value })
      return z.NEVER
    }
    if (typeof value === 'string') {
      if (isAugmentPreset(value)) return value
      const parsed = parseRecipeText(value)
      if (parsed.ok && value.trim() !== '') return parsed.recipe
      return fail(`must be ${augmentPresets.join(', ')} or a recipe: it ${parsed.ok ? 'is empty' : parsed.problem}`)
    }
    const parsed = augmentRecipeSchema.safeParse(value)
    return parsed.success ? parsed.data : fail(recipeProblem(value) ?? 'is not a recipe')
  })

const samplings = ['shuffle', 'balanced'] as const
const colourings = ['rgb', 'grey'] as const

export const dataSchema = z.strictObject({
  dataset: z.string().min(1, 'choose a dataset'),
  imageSize: positiveInt.optional(),
  augment: augmentSchema.prefault('light'),
  /** `grey`: the model gets one channel, the brightness. */
  colour: z.enum(colourings).default('rgb'),
  shuffle: z.boolean().default(true),
  /** `balanced`: every class comes equally often; small classes repeat, and an epoch stays as long. */
  sampling: z.enum(samplings).default('shuffle'),
  normalize: z
    .strictObject({
      mean: z.array(z.number()).length(3, 'needs three numbers, one for each channel'),
      std: z.array(z.number().positive('must be above 0')).length(3, 'needs three numbers, one for each channel'),
    })
    .optional(),
})
