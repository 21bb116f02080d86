import { z } from 'zod'
import { mostQueued } from '../contract/queue'

/** A sweep: settings that shall vary, each over a list or a range of values. */

const sweepValueSchema = z.union([z.number(), z.string(), z.boolean(), z.null()])
export type SweepValue = z.infer<typeof sweepValueSchema>

const finite = z.number('must be a number')

export const sweepRangeSchema = z
  .strictObject({
    from: finite,
    to: finite,
    /** Values of a grid, both ends among them; random samples lie anywhere between the ends. */
    count: z
      .int('must be a whole number')
      .min(2, 'must be at least 2')
      .max(mostQueued, `must be at most ${mostQueued}`)
      .default(3),
    /** `log`: each value is the one before times a factor. */
    scale: z.enum(['linear', 'log']).default('linear'),
  })
  .refine(({ from, to }) => from < to, { message: 'must be more than the start', path: ['to'] })
  .refine(({ from, scale }) => scale === 'linear' || from > 0, {
    message: 'must be above 0 where values are multiplied',
    path: ['from'],
  })
export type SweepRange = z.infer<typeof sweepRangeSchema>

export const sweepSamplesSchema = z
  .int('must be a whole number')
  .min(1, 'must be at least 1')
  .max(mostQueued, `must be at most ${mostQueued}`)
export const sweepSeedSchema = z
  .int('must be a whole number')
  .min(0, 'must not be negative')
  .max(0xffffffff, 'must be at most 4294967295')

export const sweepSchema = z.strictObject({
  /** By the dotted path of the setting; the first varies slowest. */
  settings: z
    .record(z.string(), z.union([z.array(sweepValueSchema).min(1, 'must name at least one value'), sweepRangeSchema]))
    .refine((settings) => Object.keys(settings).length > 0, 'must name at least one setting'),
  /** Runs with values drawn at random; null for a grid of all combinations. */
  samples: sweepSamplesSchema.nullable().default(null),
  /** Of the random draw. */
  seed: sweepSeedSchema.default(42),
})
export type Sweep = z.infer<typeof sweepSchema>

/** What is wrong with a sweep, in a sentence that names the place. */
export function sweepProblem({ issues }: z.ZodError): string {
  const [issue] = issues
  if (issue === undefined) return 'The sweep is not valid.'
  const inner = issue.code === 'invalid_union' ? issue.errors.flat().find(({ code }) => code !== 'invalid_type') : issue
  const path = [...issue.path, ...(inner === undefined || inner === issue ? [] : inner.path)].map(String).join('.')
  return `"${path}" ${inner?.message ?? 'must be a list of values, or a range with "from" and "to"'}.`
}
