import type { EngineHandlers } from '@engine/server/server'
import { VitrineError } from '@shared/errors'

function notAsked(): Promise<never> {
  return Promise.reject(new VitrineError('unavailable', 'this test does not ask that'))
}

/** A whole table of handlers, of which a test gives only those that it asks. */
export function engineHandlersWith(given: Partial<EngineHandlers>): EngineHandlers {
  return {
    train: notAsked,
    prepare: notAsked,
    download: notAsked,
    deduplicate: notAsked,
    evaluate: notAsked,
    export: notAsked,
    sample: notAsked,
    'inspect.model': notAsked,
    'inspect.image': notAsked,
    'inspect.attention': notAsked,
    'inspect.map': notAsked,
    'inspect.faithfulness': notAsked,
    'inspect.localisation': notAsked,
    'inspect.tokens': notAsked,
    'inspect.heads': notAsked,
    'inspect.figures': notAsked,
    'inspect.recorded': notAsked,
    'inspect.recordedFigures': notAsked,
    'inspect.filters': notAsked,
    'inspect.positions': notAsked,
    'inspect.augment': notAsked,
    'inspect.source': notAsked,
    doctor: notAsked,
    ...given,
  }
}
