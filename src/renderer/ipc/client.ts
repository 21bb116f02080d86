import { z } from 'zod'
import { failureSchema } from '@shared/contract/records'
import { windowRoutes, type WindowInput, type WindowOutput, type WindowRoute } from '@shared/contract/windowRoutes'
import type { Failure, Result } from '@shared/errors'
import './bridge'

const answerSchema = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), value: z.unknown() }),
  z.object({ ok: z.literal(false), error: failureSchema }),
])

function failed(message: string): { ok: false; error: Failure } {
  return { ok: false, error: { kind: 'internal', message } }
}

/** Ties each route to its own output, which the type of the routes' object alone doesn't do. */
const outputs: { [R in WindowRoute]: { output: z.ZodType<WindowOutput<R>> } } = windowRoutes

/** Asks main; the answer is checked against the route's schema. Never throws. */
export async function invoke<R extends WindowRoute>(route: R, input: WindowInput<R>): Promise<Result<WindowOutput<R>>> {
  let raw: unknown
  try {
    raw = await window.vitrine.invoke(route, input)
  } catch (error) {
    return failed(`The app did not answer (${route}): ${error instanceof Error ? error.message : String(error)}`)
  }
  const answer = answerSchema.safeParse(raw)
  if (!answer.success) return failed(`The app gave an answer that cannot be read (${route}).`)
  if (!answer.data.ok) return { ok: false, error: answer.data.error }
  const output = outputs[route].output.safeParse(answer.data.value)
  if (!output.success) return failed(`The app gave an unexpected answer (${route}).`)
  return { ok: true, value: output.data }
}
