import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { EngineEvent } from '@shared/contract/engineMessages'
import { EngineProcess } from '../../../src/main/host/engineProcess'
import { NodeBundle } from '../../support/nodeBundle'

let bundle: NodeBundle
beforeAll(async () => {
  bundle = await NodeBundle.build('tests/support/childEngine.ts')
})
afterAll(() => bundle[Symbol.asyncDispose]())

function start(node = process.execPath): EngineProcess {
  return new EngineProcess({
    node,
    entry: bundle.entry,
    resources: '/the/resources',
    home: '/the/home',
    environment: process.env,
    yields: false,
  })
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

describe('EngineProcess', () => {
  test('answers requests, passes their events on and ends when it is asked to', async () => {
    const engine = start()
    await engine.ready
    const events: EngineEvent[] = []
    const answer = await engine.request('sample', { dataset: 'answer' }, (event) => events.push(event)).result
    expect(answer).toMatchObject({ ok: true, value: { folder: '/samples/shapes' } })
    expect(events.at(-1)).toMatchObject({ type: 'progress', progress: { done: 3 } })
    expect(await engine.ping(5_000)).toBe(true)
    expect(await engine.shutdown(5_000)).toMatchObject({ code: 0, signal: null })
    expect(engine.alive).toBe(false)
  })

  test('tells the engine where home and resources are', async () => {
    const engine = start()
    const answer = await engine.request('sample', { dataset: 'environment' }).result
    expect(answer).toMatchObject({ ok: true, value: { folder: '/the/home', manifest: { name: '/the/resources' } } })
    await engine.shutdown(5_000)
  })

  test('an engine that exits fails what waits for it, with its last words', async () => {
    const engine = start()
    const answer = await engine.request('sample', { dataset: 'exit' }).result
    expect(answer).toEqual({
      ok: false,
      error: {
        kind: 'engine-lost',
        message: 'The engine stopped while making the sample (exit code 3: the disk went away). Start it again.',
      },
    })
    // Whoever comes later learns the same and does not wait for ever.
    expect(await engine.request('doctor', {}).result).toMatchObject({ ok: false, error: { kind: 'engine-lost' } })
    expect(await engine.ping(60_000)).toBe(false)
  })

  test('kill -9 in the middle of the work is told in a sentence', async () => {
    const engine = start()
    const work = engine.request('sample', { dataset: 'until-cancelled' })
    await engine.ready
    process.kill(engine.pid ?? 0, 'SIGKILL')
    expect(await work.result).toEqual({
      ok: false,
      error: {
        kind: 'engine-lost',
        message: 'The engine stopped while making the sample (killed by the system). Start it again.',
      },
    })
    expect(await engine.exited).toMatchObject({ signal: 'SIGKILL' })
  })

  test('an engine without memory is told apart', async () => {
    const engine = start()
    expect(await engine.request('sample', { dataset: 'memory' }).result).toMatchObject({
      ok: false,
      error: { kind: 'out-of-memory' },
    })
  })

  test('an engine that cannot be started fails its requests', async () => {
    const engine = start('/nowhere/node')
    const answer = await engine.request('doctor', {}).result
    expect(answer).toMatchObject({ ok: false, error: { kind: 'engine-lost' } })
    expect(answer.ok ? '' : answer.error.message).toContain('could not be started')
    await engine.exited
  })

  test('signals reach the request that they name', async () => {
    const engine = start()
    const request = engine.request('sample', { dataset: 'until-cancelled' })
    engine.signal(request.id, 'cancel')
    expect(await request.result).toMatchObject({ ok: false, error: { kind: 'cancelled' } })
    await engine.shutdown(5_000)
  })

  test.each(['deaf', 'blocked'])('an engine that is %s is killed after the deadline', async (how) => {
    const engine = start()
    const request = engine.request('sample', { dataset: how })
    await engine.ready
    const pid = engine.pid ?? 0
    // The request must have arrived, or the process would still obey.
    if (how === 'deaf') expect(await engine.ping(5_000)).toBe(true)
    const exit = await engine.shutdown(100)
    expect(exit.signal).toBe(how === 'deaf' ? 'SIGKILL' : 'SIGTERM')
    expect(await request.result).toMatchObject({ ok: false, error: { kind: 'engine-lost' } })
    expect(isAlive(pid)).toBe(false)
  })
})
