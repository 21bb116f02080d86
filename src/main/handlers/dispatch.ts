import { isWindowRoute, windowInputs, type WindowOutput, type WindowRoute } from '@shared/contract/windowRoutes'
import { failureOf, VitrineError, type Result } from '@shared/errors'
import { logWarning } from '../host/log'
import { inputFailure } from './invalidInput'
import type { WindowHandlers } from './services'

const longestName = 100

/**
 * Answers one request of the window. Never rejects: what goes wrong is a failure value, for an error
 * that is thrown across Electron's channel loses its kind and its field.
 */
export async function dispatch(handlers: WindowHandlers, route: unknown, input: unknown): Promise<Result<unknown>> {
  try {
    if (typeof route !== 'string' || !isWindowRoute(route)) {
      throw new VitrineError('internal', `There is no request “${nameOf(route)}”.`)
    }
    return { ok: true, value: await handle(handlers, route, input) }
  } catch (error) {
    const failure = failureOf(error)
    if (failure.kind === 'internal') logWarning('handlers', `${nameOf(route)}: ${stackOf(error)}`)
    return { ok: false, error: failure }
  }
}

async function handle<R extends WindowRoute>(
  handlers: WindowHandlers,
  route: R,
  input: unknown,
): Promise<WindowOutput<R>> {
  const parsed = windowInputs[route].input.safeParse(input)
  if (!parsed.success) throw inputFailure(input, parsed.error)
  return handlers[route](parsed.data)
}

/** An object could refuse to be written as text, or be endlessly long. */
function nameOf(route: unknown): string {
  return typeof route === 'string' ? route.slice(0, longestName) : typeof route
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
