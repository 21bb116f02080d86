import { z } from 'zod'
import { failureSchema, metricLineSchema } from './records'

/** The JSON messages on the channel between main and an engine process. */

export const progressSchema = z.object({
  /** What is being done, in words. */
  stage: z.string(),
  done: z.number(),
  total: z.number().nullable(),
  secondsLeft: z.number().nullable(),
})
export type Progress = z.infer<typeof progressSchema>

export const engineEventSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('progress'), progress: progressSchema }),
  z.object({ type: z.literal('metrics'), lines: z.array(metricLineSchema) }),
  z.object({ type: z.literal('log'), level: z.enum(['info', 'warning']), message: z.string() }),
])
export type EngineEvent = z.infer<typeof engineEventSchema>

/**
 * `stop` ends after the step and keeps the checkpoint; `pause` does the same, meaning to go on later;
 * `cancel` ends at once and keeps nothing new.
 */
export const signals = ['stop', 'pause', 'cancel'] as const
export type Signal = (typeof signals)[number]

export const toEngineSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('request'), id: z.int(), route: z.string(), input: z.unknown() }),
  z.object({ type: z.literal('signal'), id: z.int(), signal: z.enum(signals) }),
  z.object({ type: z.literal('ping'), id: z.int() }),
  z.object({ type: z.literal('shutdown') }),
])
export type ToEngine = z.infer<typeof toEngineSchema>

export const fromEngineSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready') }),
  z.object({ type: z.literal('result'), id: z.int(), value: z.unknown() }),
  z.object({ type: z.literal('failure'), id: z.int(), error: failureSchema }),
  z.object({ type: z.literal('event'), id: z.int(), event: engineEventSchema }),
  z.object({ type: z.literal('pong'), id: z.int() }),
])
export type FromEngine = z.infer<typeof fromEngineSchema>

/** Environment of an engine process: where things are. Set by main and by the command line. */
export const engineEnvironment = {
  /** Folder with `runs/`, `datasets/`, `artifacts/`. */
  home: 'VITRINE_HOME',
  /** Folder with the packed samples that come with the app. */
  resources: 'VITRINE_RESOURCES',
  /** Bytes of memory that one training may take; absent for what is free. */
  memoryLimit: 'VITRINE_MEMORY_LIMIT',
} as const
