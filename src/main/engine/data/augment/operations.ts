import { z } from 'zod'

/**
 * Operations with all their parameters decided: what is drawn for one image, and what the command
 * `augment` takes. Parameters are those of torchvision's functional operations.
 */

const finite = z.number()
const positive = finite.positive('must be above 0')
const whole = z.int('must be a whole number')
const size = whole.positive('must be at least 1')
const point = z.tuple([finite, finite])
const corners = z.tuple([point, point, point, point])
const threeNumbers = z.tuple([finite, finite, finite])

const geometricOptions = [
  /** The part is stretched to `size`, [height, width]. */
  z.strictObject({
    op: z.literal('resizedCrop'),
    top: finite,
    left: finite,
    height: positive,
    width: positive,
    size: z.tuple([size, size]),
  }),
  z.strictObject({ op: z.literal('horizontalFlip') }),
  z.strictObject({ op: z.literal('verticalFlip') }),
  /** Anticlockwise, about the centre. */
  z.strictObject({ op: z.literal('rotate'), degrees: finite }),
  /** What was at the start points, [x, y] each, comes to the end points. */
  z.strictObject({ op: z.literal('perspective'), startPoints: corners, endPoints: corners }),
  /** Each row is moved to the left by x times its place from the top, each column up by y times its place. */
  z.strictObject({ op: z.literal('shear'), x: finite, y: finite }),
  /** To the right and down, in pixels. */
  z.strictObject({ op: z.literal('translate'), x: finite, y: finite }),
] as const

const pixelOptions = [
  z.strictObject({ op: z.literal('brightness'), factor: finite.min(0, 'must not be negative') }),
  z.strictObject({ op: z.literal('contrast'), factor: finite.min(0, 'must not be negative') }),
  z.strictObject({ op: z.literal('saturation'), factor: finite.min(0, 'must not be negative') }),
  /** In turns of the colour circle. */
  z.strictObject({ op: z.literal('hue'), shift: finite.min(-0.5, 'must be from -0.5').max(0.5, 'must be up to 0.5') }),
  z.strictObject({ op: z.literal('autocontrast') }),
  z.strictObject({
    op: z.literal('gaussianBlur'),
    kernelSize: size.refine((value) => value % 2 === 1, 'must be odd'),
    sigma: positive,
  }),
  z.strictObject({ op: z.literal('sharpness'), factor: finite.min(0, 'must not be negative') }),
  z.strictObject({
    op: z.literal('posterize'),
    bits: whole.min(0, 'must not be negative').max(8, 'must be at most 8'),
  }),
  /** Values from the threshold on, a share of full brightness, are inverted. */
  z.strictObject({ op: z.literal('solarize'), threshold: finite }),
  z.strictObject({ op: z.literal('equalize') }),
  z.strictObject({
    op: z.literal('erase'),
    top: whole,
    left: whole,
    height: size,
    width: size,
    value: finite.default(0),
  }),
] as const

/** Images are from 0 to 1 until `normalize`, which must come last. */
export const imageOperationsSchema = z.array(
  z.discriminatedUnion('op', [
    ...geometricOptions,
    ...pixelOptions,
    z.strictObject({ op: z.literal('normalize'), mean: threeNumbers, std: threeNumbers }),
  ]),
)

export type GeometricOperation = z.output<(typeof geometricOptions)[number]>
export type PixelOperation = z.output<(typeof pixelOptions)[number]>
export type ImageOperation = z.output<typeof imageOperationsSchema>[number]

const geometricNames: ReadonlySet<string> = new Set(geometricOptions.map((option) => option.shape.op.value))

export function isGeometric(operation: ImageOperation): operation is GeometricOperation {
  return geometricNames.has(operation.op)
}
