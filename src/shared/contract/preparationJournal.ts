import { z } from 'zod'

/** The first line of a preparation's journal, from which the window tells an unfinished one. */
export const preparationHeaderSchema = z.object({
  format: z.literal(1),
  source: z.string(),
  name: z.string(),
  imageSize: z.int().positive(),
  /** Digest of the images, their order and the settings: only the same plan is gone on with. */
  plan: z.string(),
  total: z.int(),
  seed: z.int(),
  valFraction: z.number(),
  background: z.string(),
})
export type PreparationHeader = z.infer<typeof preparationHeaderSchema>
