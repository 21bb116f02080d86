import { z } from 'zod'
import { share } from './settingTypes'

/** What is done to each training image, in order; the strengths are drawn anew for every image and epoch. */

function range(low: number, high: number) {
  const words = `must lie between ${low} and ${high}`
  const bound = z.number().min(low, words).max(high, words)
  return z.tuple([bound, bound]).refine(([from, to]) => from <= to, 'must begin with the smaller number')
}

const smallestShare = 0.01

/** Blur kernels and counts of operations stay small: their cost grows with them. */
const oddKernel = z
  .int('must be a whole number')
  .min(3, 'must be at least 3')
  .max(31, 'must be at most 31')
  .refine((size) => size % 2 === 1, 'must be odd')

const factor = range(0, 10)

export const augmentOperationSchema = z.discriminatedUnion('op', [
  /** A part of the image by area and by width ÷ height, stretched to the model's input. */
  z.strictObject({
    op: z.literal('resized-crop'),
    scale: range(smallestShare, 1).default([0.08, 1]),
    ratio: range(0.1, 10).default([0.75, 1.3333]),
  }),
  z.strictObject({ op: z.literal('horizontal-flip'), p: share.default(0.5) }),
  z.strictObject({ op: z.literal('vertical-flip'), p: share.default(0.5) }),
  z.strictObject({ op: z.literal('rotation'), degrees: range(-180, 180).default([-10, 10]), p: share.default(1) }),
  z.strictObject({ op: z.literal('perspective'), distortion: share.default(0.5), p: share.default(0.5) }),
  z.strictObject({ op: z.literal('brightness'), factor: factor.default([0.8, 1.2]), p: share.default(1) }),
  z.strictObject({ op: z.literal('contrast'), factor: factor.default([0.8, 1.2]), p: share.default(1) }),
  z.strictObject({ op: z.literal('saturation'), factor: factor.default([0.8, 1.2]), p: share.default(1) }),
  /** In turns of the colour circle. */
  z.strictObject({ op: z.literal('hue'), shift: range(-0.5, 0.5).default([-0.05, 0.05]), p: share.default(1) }),
  z.strictObject({ op: z.literal('autocontrast'), p: share.default(0.5) }),
  z.strictObject({
    op: z.literal('gaussian-blur'),
    kernel: oddKernel.default(3),
    sigma: range(0.05, 20).default([0.1, 1]),
    p: share.default(0.5),
  }),
  z.strictObject({ op: z.literal('sharpness'), factor: factor.default([1.5, 1.5]), p: share.default(0.5) }),
  z.strictObject({
    op: z.literal('posterize'),
    bits: z.int('must be a whole number').min(1, 'must be at least 1').max(8, 'must be at most 8').default(4),
    p: share.default(0.5),
  }),
  /** Values from the threshold on are inverted; a share of full brightness. */
  z.strictObject({ op: z.literal('solarize'), threshold: share.default(0.5), p: share.default(0.5) }),
  z.strictObject({ op: z.literal('equalize'), p: share.default(0.5) }),
  /** A rectangle by area and by height ÷ width, filled with one grey; a share of full brightness. */
  z.strictObject({
    op: z.literal('erasing'),
    scale: range(smallestShare, 1).default([0.02, 0.33]),
    ratio: range(0.1, 10).default([0.3, 3.3]),
    value: share.default(0),
    p: share.default(0.5),
  }),
  /** Cubuk et al. (2019). */
  z.strictObject({
    op: z.literal('rand-augment'),
    operations: z.int('must be a whole number').min(1, 'must be at least 1').max(4, 'must be at most 4').default(2),
    magnitude: z.int('must be a whole number').min(0, 'must not be negative').max(30, 'must be at most 30').default(9),
  }),
  /** Müller and Hutter (2021), the wide space. */
  z.strictObject({ op: z.literal('trivial-augment') }),
])

export type AugmentOperation = z.output<typeof augmentOperationSchema>
type AugmentOperationName = AugmentOperation['op']

export const augmentOperationNames: readonly AugmentOperationName[] = augmentOperationSchema.options.map(
  (option) => option.shape.op.value,
)

const mostOperations = 24

export const augmentRecipeSchema = z.strictObject({
  operations: z.array(augmentOperationSchema).max(mostOperations, `must be at most ${mostOperations} operations`),
})

export type AugmentRecipe = z.output<typeof augmentRecipeSchema>
export type AugmentRecipeInput = z.input<typeof augmentRecipeSchema>
