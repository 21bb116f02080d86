import { z } from 'zod'
import { runConfigSchema } from '../config/runConfig'

/** Runs that wait for their turn on the device. */

/** A file of the queue's folder. */
export const queueEntrySchema = z.object({
  format: z.literal(1),
  /** Name of the folder that the run has, or will have. */
  runId: z.string().min(1),
  title: z.string(),
  /** Whether it goes on with a run that is there. */
  resume: z.boolean(),
  config: runConfigSchema,
  addedAt: z.string(),
  /** Runs are started from the lowest on. */
  order: z.number(),
})
export type QueueEntry = z.infer<typeof queueEntrySchema>

export const queueStateSchema = z.object({
  /** In the order in which they will start. */
  runs: z.array(
    z.object({
      runId: z.string(),
      title: z.string(),
      resume: z.boolean(),
      dataset: z.string(),
      epochs: z.int(),
      addedAt: z.string(),
    }),
  ),
  /**
   * Why no run starts by itself; null while they do. `app-start`: they wait since an earlier session.
   * `run-paused`: a run was paused, and the device with it. `failure`: what went wrong with the last run would go wrong with the next.
   */
  hold: z
    .discriminatedUnion('why', [
      z.object({ why: z.literal('paused') }),
      z.object({ why: z.literal('app-start') }),
      z.object({ why: z.literal('run-paused'), runId: z.string() }),
      z.object({ why: z.literal('failure'), message: z.string() }),
    ])
    .nullable(),
  /** Trainings of terminals and other windows that the first run waits for. */
  waitsFor: z.array(z.object({ title: z.string(), by: z.enum(['terminal', 'window']) })),
})
export type QueueState = z.infer<typeof queueStateSchema>
export type QueuedRun = QueueState['runs'][number]
export type QueueHold = NonNullable<QueueState['hold']>

const nothing = z.object({})
const done = z.object({})
const some = z.object({ runIds: z.array(z.string()).min(1) })

/** Most runs that are added at once. */
export const mostQueued = 1000

export const queueRoutes = {
  'queue.get': { input: nothing, output: queueStateSchema },
  /** Adds new runs; the first starts at once where the device is free. */
  'queue.add': {
    input: z.object({ configs: z.array(runConfigSchema).min(1).max(mostQueued) }),
    output: z.object({ startedRunId: z.string().nullable(), queued: z.int() }),
  },
  /** Puts a run to a place, which counts from 0. */
  'queue.move': { input: z.object({ runId: z.string(), to: z.int().min(0) }), output: done },
  'queue.remove': { input: some, output: done },
  /** Puts runs back to where they were, which were removed in this session. */
  'queue.restore': { input: some, output: done },
  /** No run starts by itself from now on; the one that is trained goes on. */
  'queue.pause': { input: nothing, output: done },
  'queue.goOn': { input: nothing, output: done },
  /** Stops the run that is trained after its step, and pauses the queue. */
  'queue.stopAll': { input: nothing, output: done },
  /** Starts a run beside a training of a terminal or another window, instead of waiting for it. */
  'queue.startNow': { input: z.object({ runId: z.string() }), output: done },
} as const
