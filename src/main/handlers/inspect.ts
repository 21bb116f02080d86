import type { EngineInput, EngineOutput, InspectRoute } from '@shared/contract/engineRoutes'
import { VitrineError } from '@shared/errors'
import type { Services, WindowHandlers } from './services'

export function inspectHandlers({ inspector }: Services): Pick<WindowHandlers, InspectRoute> {
  async function ask<R extends InspectRoute>(route: R, input: EngineInput<R>): Promise<EngineOutput<R>> {
    const result = await inspector.request(route, input)
    if (result.ok) return result.value
    const { kind, message, field } = result.error
    throw new VitrineError(kind, message, field === undefined ? {} : { field })
  }

  return {
    'inspect.model': (input) => ask('inspect.model', input),
    'inspect.image': (input) => ask('inspect.image', input),
    'inspect.attention': (input) => ask('inspect.attention', input),
    'inspect.rollout': (input) => ask('inspect.rollout', input),
    'inspect.filters': (input) => ask('inspect.filters', input),
    'inspect.positions': (input) => ask('inspect.positions', input),
    doctor: (input) => ask('doctor', input),
  }
}
