import { z } from 'zod'
import type { JobContext } from '@engine/job'
import { toEngineSchema, type Signal } from '@shared/contract/engineMessages'
import {
  engineSchemas,
  isEngineRoute,
  type EngineInput,
  type EngineOutput,
  type EngineRoute,
} from '@shared/contract/engineRoutes'
import { failureOf, VitrineError, type Failure } from '@shared/errors'
import { EventBatch } from './eventBatch'
import type { EngineTransport } from './transport'

export type EngineHandlers = {
  [R in EngineRoute]: (input: EngineInput<R>, context: JobContext) => Promise<EngineOutput<R>>
}

/** A request that is being worked on. */
interface ActiveRequest {
  readonly cancel: AbortController
  readonly events: EventBatch
  stopRequested: boolean
  pauseRequested: boolean
}

/**
 * Answers the messages on one channel. Requests run side by side; each is answered once, with a
 * result or a failure, after all of its events. When the other side goes away, or has asked for a
 * shutdown and everything has been answered, `exit` is called.
 */
export class EngineServer {
  private readonly active = new Map<number, ActiveRequest>()
  private shuttingDown = false

  constructor(
    private readonly transport: EngineTransport,
    private readonly handlers: EngineHandlers,
    private readonly exit: (code: number) => void,
  ) {}

  start(): void {
    this.transport.onMessage((message) => this.receive(message))
    // Without a parent nobody can stop this process or see its result.
    this.transport.onClose(() => this.exit(0))
    this.transport.send({ type: 'ready' })
  }

  private receive(raw: unknown): void {
    const parsed = toEngineSchema.safeParse(raw)
    if (!parsed.success) {
      process.stderr.write(`message not understood: ${z.prettifyError(parsed.error)}\n`)
      return
    }
    const message = parsed.data
    switch (message.type) {
      case 'request':
        void this.answer(message.id, message.route, message.input)
        break
      case 'signal':
        this.signal(message.id, message.signal)
        break
      case 'ping':
        this.transport.send({ type: 'pong', id: message.id })
        break
      case 'shutdown':
        this.shuttingDown = true
        for (const id of this.active.keys()) this.signal(id, 'stop')
        this.exitWhenIdle()
        break
    }
  }

  private signal(id: number, signal: Signal): void {
    const request = this.active.get(id)
    if (request === undefined) return
    if (signal === 'cancel') {
      request.cancel.abort()
      return
    }
    request.stopRequested = true
    if (signal === 'pause') request.pauseRequested = true
  }

  private async answer(id: number, route: string, input: unknown): Promise<void> {
    const request: ActiveRequest = {
      cancel: new AbortController(),
      events: new EventBatch((event) => this.transport.send({ type: 'event', id, event })),
      stopRequested: false,
      pauseRequested: false,
    }
    this.active.set(id, request)
    try {
      if (this.shuttingDown) throw new VitrineError('unavailable', 'The engine is shutting down: try again.')
      if (!isEngineRoute(route)) throw new VitrineError('internal', `The engine does not know the request "${route}".`)
      const value = await this.handle(route, input, {
        emit: (event) => request.events.add(event),
        cancelled: request.cancel.signal,
        stopRequested: () => request.stopRequested,
        pauseRequested: () => request.pauseRequested,
      })
      request.events.flush()
      this.transport.send({ type: 'result', id, value })
    } catch (error) {
      request.events.flush()
      this.transport.send({ type: 'failure', id, error: this.failure(error, request.cancel.signal.aborted) })
    } finally {
      this.active.delete(id)
      this.exitWhenIdle()
    }
  }

  private handle<R extends EngineRoute>(route: R, input: unknown, context: JobContext): Promise<EngineOutput<R>> {
    const parsed = engineSchemas[route].input.safeParse(input)
    if (!parsed.success) {
      throw new VitrineError(
        'internal',
        `The request "${route}" came with a wrong input: ${z.prettifyError(parsed.error)}`,
      )
    }
    return this.handlers[route](parsed.data, context)
  }

  private failure(error: unknown, cancelled: boolean): Failure {
    if (cancelled && !(error instanceof VitrineError)) return { kind: 'cancelled', message: 'Cancelled.' }
    const failure = failureOf(error)
    // The sentence goes to the window; the stack is for whoever mends the fault.
    if (failure.kind === 'internal' && error instanceof Error) process.stderr.write(`${error.stack ?? error.message}\n`)
    return failure
  }

  private exitWhenIdle(): void {
    if (!this.shuttingDown || this.active.size > 0) return
    void this.transport.flushed().then(() => this.exit(0))
  }
}
