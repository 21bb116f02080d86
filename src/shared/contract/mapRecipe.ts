import { z } from 'zod'

/** How a map over an image's patches is made from a model's attention. */

export const fusions = ['mean', 'max', 'min'] as const

/** How heads become one map; a number keeps that head alone, counted from 0. */
export const fusionChoiceSchema = z.union([z.enum(fusions), z.int().min(0)])
export type FusionChoice = z.infer<typeof fusionChoiceSchema>

/**
 * - `attention`: one layer's attention
 * - `rollout`: attention multiplied through all layers (Abnar & Zuidema, 2020)
 * - `gradient`: the same weighted with the gradient of one class (Chefer et al., 2021)
 * - `flow`: maximum flow through all layers (Abnar & Zuidema, 2020)
 */
export const mapMethods = ['attention', 'rollout', 'gradient', 'flow'] as const
export type MapMethod = (typeof mapMethods)[number]

export const mapRecipeSchema = z.object({
  method: z.enum(mapMethods),
  /** Of `attention`; counted from 0. */
  layer: z.int().min(0),
  fusion: fusionChoiceSchema,
  /** Of `rollout` and `flow`. */
  residual: z.boolean(),
  /** Of `rollout` and `flow`: share of the smallest values that become zero. */
  discard: z.number().min(0).lt(1),
  /** Of `gradient`: index of the class; null for the most probable. */
  classIndex: z.int().min(0).nullable(),
})
export type MapRecipe = z.infer<typeof mapRecipeSchema>
