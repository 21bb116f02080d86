import { fork, type ChildProcess } from 'node:child_process'
import { availableParallelism, constants, setPriority } from 'node:os'
import { z } from 'zod'
import allocatorEnvironment from '@shared/allocatorEnvironment.json'
import {
  engineEnvironment,
  fromEngineSchema,
  type EngineEvent,
  type FromEngine,
  type Signal,
  type ToEngine,
} from '@shared/contract/engineMessages'
import { engineSchemas, type EngineInput, type EngineOutput, type EngineRoute } from '@shared/contract/engineRoutes'
import { failureOf, type Failure, type Result } from '@shared/errors'
import { allowedEnvironment } from './engineEnvironment'
import { engineLost, type EngineExit } from './engineExit'
import type { EngineLocation } from './engineLocation'
import { logWarning } from './log'

export interface EngineOptions extends EngineLocation {
  home: string
  environment: NodeJS.ProcessEnv
  /** Whether other programs, the window first, go before it when the processor is busy. */
  yields: boolean
}

interface PendingRequest {
  settle(value: unknown): void
  fail(failure: Failure): void
  event(event: EngineEvent): void
  lost(exit: EngineExit): Failure
}

export interface EngineRequest<R extends EngineRoute> {
  /** Names the request in signals. */
  readonly id: number
  /** Never rejects: a lost engine is a failure too. */
  readonly result: Promise<Result<EngineOutput<R>>>
}

const keptErrorCharacters = 8_000
/** Time between the polite and the forced end of a process. */
const killAfterMs = 2_000

/**
 * One engine process, from its start to its end: the only place that starts one, talks to it and
 * makes sure that it is gone.
 */
export class EngineProcess {
  /** Resolves when the process has ended, in whatever way. */
  readonly exited: Promise<EngineExit>
  /** Resolves when the process answers for the first time; never, when it ends before. */
  readonly ready: Promise<void>

  private readonly child: ChildProcess
  private readonly pending = new Map<number, PendingRequest>()
  private readonly pongs = new Map<number, () => void>()
  private nextId = 1
  private errorOutput = ''
  private exit: EngineExit | null = null
  private killTimer: NodeJS.Timeout | null = null
  private markReady: () => void = () => undefined

  constructor(options: EngineOptions) {
    this.child = fork(options.entry, [], {
      execPath: options.node,
      execArgv: [],
      env: {
        TF_CPP_MIN_LOG_LEVEL: '2',
        // Images are decoded on these threads, and Node makes four however many cores there are.
        UV_THREADPOOL_SIZE: String(Math.max(4, availableParallelism() + 2)),
        ...allocatorEnvironment,
        ...allowedEnvironment(options.environment),
        [engineEnvironment.home]: options.home,
        [engineEnvironment.resources]: options.resources,
      },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // The two sides are different versions of V8, whose own serialisation is not exchangeable.
      serialization: 'json',
    })
    if (options.yields) this.lowerPriority()
    this.ready = new Promise((resolve) => {
      this.markReady = resolve
    })
    this.exited = new Promise((resolve) => {
      this.child.on('error', (error) => {
        this.keepErrorOutput(`${error.message}\n`)
        // A process that could not be started never reports its exit.
        if (this.child.pid === undefined) resolve(this.ended(null, null))
      })
      // `close` follows `exit` once the error output has been read to its end.
      this.child.on('close', (code, signal) => resolve(this.ended(code, signal)))
    })
    this.child.on('message', (message) => this.receive(message))
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => this.keepErrorOutput(text))
    // Unread output would fill its pipe and block the engine.
    this.child.stdout?.resume()
  }

  /** A system that refuses leaves the engine as it is: then the window is a little less quick. */
  private lowerPriority(): void {
    if (this.child.pid === undefined) return
    try {
      setPriority(this.child.pid, constants.priority.PRIORITY_BELOW_NORMAL)
    } catch (error) {
      logWarning('engine priority', failureOf(error).message)
    }
  }

  get pid(): number | null {
    return this.child.pid ?? null
  }

  get alive(): boolean {
    return this.exit === null
  }

  /** Requests that wait for their answer. */
  get busy(): boolean {
    return this.pending.size > 0
  }

  request<R extends EngineRoute>(
    route: R,
    input: EngineInput<R>,
    onEvent: (event: EngineEvent) => void = () => undefined,
  ): EngineRequest<R> {
    const id = this.nextId++
    const result = new Promise<Result<EngineOutput<R>>>((resolve) => {
      const fail = (error: Failure): void => resolve({ ok: false, error })
      if (this.exit !== null) {
        fail(engineLost(route, this.exit))
        return
      }
      this.pending.set(id, {
        settle(value) {
          const parsed = engineSchemas[route].output.safeParse(value)
          if (parsed.success) resolve({ ok: true, value: parsed.data })
          else fail(wrongAnswer(route, parsed.error))
        },
        fail,
        event: onEvent,
        lost: (exit) => engineLost(route, exit),
      })
      this.send({ type: 'request', id, route, input })
    })
    return { id, result }
  }

  signal(id: number, signal: Signal): void {
    this.send({ type: 'signal', id, signal })
  }

  /** Whether the engine's event loop answers within the time. */
  async ping(timeoutMs: number): Promise<boolean> {
    const id = this.nextId++
    const answer = new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(false), timeoutMs)
      const settle = (answered: boolean): void => {
        clearTimeout(timer)
        resolve(answered)
      }
      this.pongs.set(id, () => settle(true))
      void this.exited.then(() => settle(false))
    })
    this.send({ type: 'ping', id })
    const answered = await answer
    this.pongs.delete(id)
    return answered
  }

  /** Lets the engine finish what it does and end; kills it when that takes longer than the time. */
  async shutdown(deadlineMs: number): Promise<EngineExit> {
    this.send({ type: 'shutdown' })
    const deadline = setTimeout(() => {
      logWarning('engine', `process ${this.pid} did not exit in ${deadlineMs} ms, will be killed`)
      this.kill()
    }, deadlineMs)
    const exit = await this.exited
    clearTimeout(deadline)
    return exit
  }

  /** Ends the process: asked first, forced when it does not listen. */
  kill(): void {
    if (this.exit !== null || this.killTimer !== null) return
    this.child.kill('SIGTERM')
    this.killTimer = setTimeout(() => this.child.kill('SIGKILL'), killAfterMs)
  }

  private send(message: ToEngine): void {
    // A message that comes too late needs no answer: the exit settles every request.
    if (this.child.connected) this.child.send(message, () => undefined)
  }

  private receive(raw: unknown): void {
    const parsed = fromEngineSchema.safeParse(raw)
    if (!parsed.success) {
      logWarning('engine', `message not understood: ${z.prettifyError(parsed.error)}`)
      return
    }
    this.dispatch(parsed.data)
  }

  private dispatch(message: FromEngine): void {
    switch (message.type) {
      case 'ready':
        this.markReady()
        break
      case 'result':
        this.take(message.id)?.settle(message.value)
        break
      case 'failure':
        this.take(message.id)?.fail(message.error)
        break
      case 'event':
        this.pending.get(message.id)?.event(message.event)
        break
      case 'pong':
        this.pongs.get(message.id)?.()
        break
    }
  }

  private take(id: number): PendingRequest | undefined {
    const request = this.pending.get(id)
    this.pending.delete(id)
    return request
  }

  private keepErrorOutput(text: string): void {
    this.errorOutput = (this.errorOutput + text).slice(-keptErrorCharacters)
  }

  private ended(code: number | null, signal: NodeJS.Signals | null): EngineExit {
    if (this.exit !== null) return this.exit
    const exit: EngineExit = { code, signal, errorOutput: this.errorOutput }
    this.exit = exit
    if (this.killTimer !== null) clearTimeout(this.killTimer)
    const lost = [...this.pending.values()]
    this.pending.clear()
    for (const request of lost) request.fail(request.lost(exit))
    return exit
  }
}

function wrongAnswer(route: EngineRoute, error: z.ZodError): Failure {
  logWarning('engine', `wrong answer to "${route}": ${z.prettifyError(error)}`)
  return { kind: 'internal', message: `The engine gave an answer to "${route}" that can't be read.` }
}
