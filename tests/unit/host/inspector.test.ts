import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { CheckpointRef } from '@shared/contract/records'
import { VitrineError } from '@shared/errors'
import { EngineProcess } from '../../../src/main/host/engineProcess'
import { Inspector } from '../../../src/main/host/inspector'
import { textWith } from '../../support/matching'
import { NodeBundle } from '../../support/nodeBundle'

let bundle: NodeBundle
beforeAll(async () => {
  bundle = await NodeBundle.build('tests/support/childEngine.ts')
})
afterAll(() => bundle[Symbol.asyncDispose]())

const timing = { firstBackoffMs: 20, longestBackoffMs: 100 }

function engine(): Promise<EngineProcess> {
  return Promise.resolve(
    new EngineProcess({
      node: process.execPath,
      entry: bundle.entry,
      resources: '/resources',
      home: '/home',
      environment: process.env,
      yields: false,
    }),
  )
}

function checkpoint(path: string): { checkpoint: CheckpointRef } {
  return { checkpoint: { from: 'file', path } }
}

/** Number 0 would be this process and all beside it. */
function hang({ pid }: Inspector): void {
  if (pid === null) throw new Error('there is no engine')
  process.kill(pid, 'SIGSTOP')
}

describe('Inspector', () => {
  test('starts one engine when it is first needed and keeps it', async () => {
    const start = vi.fn(engine)
    const inspector = new Inspector({ start, onRestart: () => undefined, timing })
    expect(inspector.pid).toBeNull()
    const answers = await Promise.all([
      inspector.request('inspect.model', checkpoint('a')),
      inspector.request('inspect.model', checkpoint('b')),
    ])
    for (const answer of answers) {
      expect(answer).toMatchObject({ ok: true, value: { title: String(inspector.pid) } })
    }
    expect(start).toHaveBeenCalledTimes(1)
    await inspector.stop(5_000)
    expect(inspector.pid).toBeNull()
    expect(start).toHaveBeenCalledTimes(1)
  })

  test('after a crash the waiting request fails, the process is started again and the next one is answered', async () => {
    const onRestart = vi.fn()
    const onExit = vi.fn()
    const inspector = new Inspector({ start: engine, onRestart, onExit, timing })
    await inspector.request('inspect.model', checkpoint('a'))
    const first = inspector.pid
    expect(await inspector.request('inspect.model', checkpoint('crash'))).toMatchObject({
      ok: false,
      error: { kind: 'engine-lost', message: textWith('while inspecting (exit code 7)') },
    })
    expect(await inspector.request('inspect.model', checkpoint('b'))).toMatchObject({ ok: true })
    expect(inspector.pid).not.toBe(first)
    expect(onExit).toHaveBeenCalledWith(first)
    await vi.waitFor(() => expect(onRestart).toHaveBeenCalledTimes(1))
    await inspector.stop(5_000)
  })

  test('an idle engine that does not answer is replaced', async () => {
    const onRestart = vi.fn()
    const inspector = new Inspector({
      start: engine,
      onRestart,
      timing: { ...timing, pingEveryMs: 50, pingTimeoutMs: 200 },
    })
    await inspector.request('inspect.model', checkpoint('a'))
    hang(inspector)
    await vi.waitFor(() => expect(onRestart).toHaveBeenCalled(), { timeout: 10_000 })
    expect(await inspector.request('inspect.model', checkpoint('b'))).toMatchObject({ ok: true })
    await inspector.stop(5_000)
  })

  test('an engine that hangs in a question is replaced, after a longer while or when the question is called off', async () => {
    const onRestart = vi.fn()
    const inspector = new Inspector({
      start: engine,
      onRestart,
      timing: { ...timing, pingEveryMs: 50, pingTimeoutMs: 20_000, busyTimeoutMs: 4_000, cancelDeadlineMs: 100 },
    })
    const lost = { ok: false, error: { kind: 'engine-lost' } }
    await inspector.request('inspect.model', checkpoint('a'))
    hang(inspector)
    expect(await inspector.request('inspect.model', checkpoint('b'))).toMatchObject(lost)

    await vi.waitFor(() => expect(onRestart).toHaveBeenCalledTimes(1), { timeout: 10_000 })
    await inspector.request('inspect.model', checkpoint('c'))
    hang(inspector)
    const cancelled = AbortSignal.timeout(50)
    expect(await inspector.request('inspect.model', checkpoint('d'), { cancelled })).toMatchObject(lost)
    await inspector.stop(5_000)
  })

  test('an engine that cannot be started is told, and tried again at the next request', async () => {
    let broken = true
    const inspector = new Inspector({
      start: () => (broken ? Promise.reject(new VitrineError('unavailable', 'Not set up.')) : engine()),
      onRestart: () => undefined,
      timing,
    })
    expect(await inspector.request('doctor', {})).toEqual({
      ok: false,
      error: { kind: 'unavailable', message: 'Not set up.', field: undefined },
    })
    broken = false
    expect(await inspector.request('inspect.model', checkpoint('a'))).toMatchObject({ ok: true })
    await inspector.stop(5_000)
  })
})
