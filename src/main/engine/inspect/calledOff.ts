import { VitrineError } from '@shared/errors'
import type { JobContext } from '@engine/job'
import type { FlowRun } from './attentionFlow'

/** Half an answer is of no use, so that stopping is the same as cancelling. @throws VitrineError `cancelled` */
export function throwIfCalledOff(context: JobContext, subject: string): void {
  if (context.cancelled.aborted || context.stopRequested())
    throw new VitrineError('cancelled', `${subject} was cancelled.`)
}

/** A flow that ends when its job does. */
export function flowRunOf(context: JobContext, onTokenDone: () => void = () => undefined): FlowRun {
  const stop = new AbortController()
  return {
    cancelled: AbortSignal.any([context.cancelled, stop.signal]),
    onTokenDone: () => {
      if (context.stopRequested()) stop.abort()
      onTokenDone()
    },
  }
}
