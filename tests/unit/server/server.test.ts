import { describe, expect, test, vi } from 'vitest'
import { EngineServer, type EngineHandlers } from '@engine/server/server'
import type { EngineTransport } from '@engine/server/transport'
import type { FromEngine, ToEngine } from '@shared/contract/engineMessages'
import { VitrineError } from '@shared/errors'
import { engineHandlersWith } from '../../support/engineHandlers'
import { datasetManifest, stepMetrics } from '../../support/records'

/** Both ends of a channel within this process. */
class MemoryChannel implements EngineTransport {
  readonly sent: FromEngine[] = []
  private listener: (message: unknown) => void = () => undefined
  private closed: () => void = () => undefined

  send(message: FromEngine): void {
    this.sent.push(message)
  }
  onMessage(listener: (message: unknown) => void): void {
    this.listener = listener
  }
  onClose(listener: () => void): void {
    this.closed = listener
  }
  flushed(): Promise<void> {
    return Promise.resolve()
  }
  ask(message: ToEngine): void {
    this.listener(message)
  }
  disconnect(): void {
    this.closed()
  }
  answered(id: number): FromEngine | undefined {
    return this.sent.find((message) => (message.type === 'result' || message.type === 'failure') && message.id === id)
  }
}

function serve(handlers: Partial<EngineHandlers>) {
  const channel = new MemoryChannel()
  const exits: number[] = []
  new EngineServer(channel, engineHandlersWith(handlers), (code) => exits.push(code)).start()
  return { channel, exits }
}

const report = { ok: true, items: [] }
const doctorRequest: ToEngine = { type: 'request', id: 1, route: 'doctor', input: {} }
const sampleRequest: ToEngine = { type: 'request', id: 1, route: 'sample', input: { dataset: 'sample:shapes' } }

describe('EngineServer', () => {
  test('says that it is ready and answers a request', async () => {
    const { channel } = serve({ doctor: () => Promise.resolve(report) })
    expect(channel.sent).toEqual([{ type: 'ready' }])
    channel.ask(doctorRequest)
    await vi.waitFor(() => expect(channel.answered(1)).toEqual({ type: 'result', id: 1, value: report }))
  })

  test('sends a request’s events before its result', async () => {
    const { channel } = serve({
      doctor: (_input, context) => {
        for (let step = 1; step <= 5; step++) context.emit({ type: 'metrics', lines: [stepMetrics(step)] })
        return Promise.resolve(report)
      },
    })
    channel.ask(doctorRequest)
    await vi.waitFor(() => expect(channel.answered(1)).toBeDefined())
    expect(channel.sent.map((message) => message.type)).toEqual(['ready', 'event', 'event', 'result'])
    const lines = channel.sent.flatMap((message) =>
      message.type === 'event' && message.event.type === 'metrics' ? message.event.lines : [],
    )
    expect(lines.map((line) => line.type === 'step' && line.step)).toEqual([1, 2, 3, 4, 5])
  })

  test('turns a thrown error into a failure with its kind and field', async () => {
    const { channel } = serve({
      doctor: () => Promise.reject(new VitrineError('invalid-input', 'Too small.', { field: 'train.epochs' })),
    })
    channel.ask(doctorRequest)
    await vi.waitFor(() =>
      expect(channel.answered(1)).toEqual({
        type: 'failure',
        id: 1,
        error: { kind: 'invalid-input', message: 'Too small.', field: 'train.epochs' },
      }),
    )
  })

  test.each([
    ['an unknown route', { type: 'request', id: 1, route: 'constructor', input: {} }],
    ['a wrong input', { type: 'request', id: 1, route: 'sample', input: { dataset: 3 } }],
  ] as const)('refuses %s', async (_name, message) => {
    const { channel } = serve({})
    channel.ask(message)
    await vi.waitFor(() => expect(channel.answered(1)).toMatchObject({ type: 'failure', error: { kind: 'internal' } }))
  })

  test('answers pings while a request runs', () => {
    const { channel } = serve({ doctor: () => new Promise(() => undefined) })
    channel.ask(doctorRequest)
    channel.ask({ type: 'ping', id: 9 })
    expect(channel.sent.at(-1)).toEqual({ type: 'pong', id: 9 })
  })

  test('a pause is a stop that says so', async () => {
    const asked: boolean[] = []
    const { channel } = serve({
      sample: async (_input, context) => {
        while (!context.stopRequested()) await new Promise((resolve) => setTimeout(resolve, 1))
        asked.push(context.pauseRequested?.() === true)
        return { manifest: datasetManifest(), folder: '/samples/shapes' }
      },
    })
    for (const [id, signal] of [
      [1, 'pause'],
      [2, 'stop'],
    ] as const) {
      channel.ask({ ...sampleRequest, id })
      channel.ask({ type: 'signal', id, signal })
      await vi.waitFor(() => expect(channel.answered(id)?.type).toBe('result'))
    }
    expect(asked).toEqual([true, false])
  })

  test('stop lets a request end with a result, cancel with a failure', async () => {
    const { channel } = serve({
      sample: async (_input, context) => {
        while (!context.stopRequested()) {
          context.cancelled.throwIfAborted()
          await new Promise((resolve) => setTimeout(resolve, 1))
        }
        return { manifest: datasetManifest(), folder: '/samples/shapes' }
      },
    })
    channel.ask(sampleRequest)
    channel.ask({ type: 'signal', id: 1, signal: 'stop' })
    await vi.waitFor(() => expect(channel.answered(1)?.type).toBe('result'))

    channel.ask({ ...sampleRequest, id: 2 })
    channel.ask({ type: 'signal', id: 2, signal: 'cancel' })
    await vi.waitFor(() =>
      expect(channel.answered(2)).toEqual({
        type: 'failure',
        id: 2,
        error: { kind: 'cancelled', message: 'Cancelled.' },
      }),
    )
  })

  test('a shutdown stops what runs, sends its result and then ends the process', async () => {
    const { channel, exits } = serve({
      sample: async (_input, context) => {
        while (!context.stopRequested()) await new Promise((resolve) => setTimeout(resolve, 1))
        return { manifest: datasetManifest(), folder: '/samples/shapes' }
      },
    })
    channel.ask(sampleRequest)
    channel.ask({ type: 'shutdown' })
    expect(exits).toEqual([])
    await vi.waitFor(() => expect(exits).toEqual([0]))
    expect(channel.answered(1)?.type).toBe('result')
    channel.ask({ ...doctorRequest, id: 2 })
    await vi.waitFor(() => expect(channel.answered(2)).toMatchObject({ error: { kind: 'unavailable' } }))
  })

  test('an idle shutdown ends at once; so does a lost parent', async () => {
    const idle = serve({})
    idle.channel.ask({ type: 'shutdown' })
    await vi.waitFor(() => expect(idle.exits).toEqual([0]))

    const lost = serve({ doctor: () => new Promise(() => undefined) })
    lost.channel.ask(doctorRequest)
    lost.channel.disconnect()
    expect(lost.exits).toEqual([0])
  })
})
