import type { EngineInput, EngineOutput, InspectRoute } from '@shared/contract/engineRoutes'
import { VitrineError } from '@shared/errors'
import type { QuestionFollowing } from '../host/inspector'
import type { Services, WindowHandlers } from './services'

/** The questions that the window has given a name, because they take long. */
type LongRoute = { [R in InspectRoute]: EngineInput<R> extends { request: string } ? R : never }[InspectRoute]

export function inspectHandlers({
  inspector,
  announce,
}: Services): Pick<WindowHandlers, InspectRoute | 'inspect.cancel'> {
  const underWay = new Map<string, AbortController>()

  async function ask<R extends InspectRoute>(
    route: R,
    input: EngineInput<R>,
    follow: QuestionFollowing = {},
  ): Promise<EngineOutput<R>> {
    const result = await inspector.request(route, input, follow)
    if (result.ok) return result.value
    const { kind, message, field } = result.error
    throw new VitrineError(kind, message, field === undefined ? {} : { field })
  }

  async function askLong<R extends LongRoute>(
    route: R,
    input: EngineInput<R> & { request: string },
  ): Promise<EngineOutput<R>> {
    const { request } = input
    const controller = new AbortController()
    underWay.set(request, controller)
    try {
      return await ask(route, input, {
        cancelled: controller.signal,
        onEvent: (event) => {
          if (event.type === 'progress') announce({ type: 'inspect-progress', request, progress: event.progress })
        },
      })
    } finally {
      underWay.delete(request)
    }
  }

  return {
    'inspect.model': (input) => ask('inspect.model', input),
    'inspect.image': (input) => ask('inspect.image', input),
    'inspect.attention': (input) => ask('inspect.attention', input),
    'inspect.map': (input) => askLong('inspect.map', input),
    'inspect.faithfulness': (input) => askLong('inspect.faithfulness', input),
    'inspect.localisation': (input) => askLong('inspect.localisation', input),
    'inspect.tokens': (input) => ask('inspect.tokens', input),
    'inspect.heads': (input) => askLong('inspect.heads', input),
    'inspect.figures': (input) => askLong('inspect.figures', input),
    'inspect.recorded': (input) => ask('inspect.recorded', input),
    'inspect.recordedFigures': (input) => ask('inspect.recordedFigures', input),
    'inspect.filters': (input) => ask('inspect.filters', input),
    'inspect.positions': (input) => ask('inspect.positions', input),
    'inspect.augment': (input) => ask('inspect.augment', input),
    'inspect.source': (input) => ask('inspect.source', input),
    'inspect.cancel': ({ request }) => {
      underWay.get(request)?.abort()
      return {}
    },
    doctor: (input) => ask('doctor', input),
  }
}
