import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { EngineProcess } from '../../src/main/host/engineProcess'
import { NodeBundle } from '../support/nodeBundle'
import { TemporaryFolder } from '../support/temporaryFolder'

const checkout = path.resolve(import.meta.dirname, '..', '..')

let bundle: NodeBundle
beforeAll(async () => {
  bundle = await NodeBundle.build('src/main/engine/serve.ts')
})
afterAll(() => bundle[Symbol.asyncDispose]())

function start(home: string): EngineProcess {
  return new EngineProcess({
    node: process.execPath,
    entry: bundle.entry,
    resources: path.join(checkout, 'resources'),
    home,
    environment: process.env,
    yields: false,
  })
}

describe('the engine’s own program', () => {
  test('is ready at once, because it loads TensorFlow only when it is needed', async () => {
    await using home = await TemporaryFolder.make()
    const began = performance.now()
    const engine = start(home.path)
    await engine.ready
    expect(performance.now() - began).toBeLessThan(2_000)
    expect(await engine.shutdown(5_000)).toMatchObject({ code: 0 })
  })

  test('checks this machine', async () => {
    await using home = await TemporaryFolder.make()
    const engine = start(home.path)
    const report = await engine.request('doctor', {}).result
    expect(report.ok).toBe(true)
    if (report.ok) expect(report.value.items.map((item) => item.name).join()).toContain('TensorFlow')
    await engine.shutdown(5_000)
  })

  test('tells in a sentence what is wrong with a request', async () => {
    await using home = await TemporaryFolder.make()
    const engine = start(home.path)
    const [checkpoint, sample, source] = await Promise.all([
      engine.request('inspect.model', { checkpoint: { from: 'file', path: '/no/such.safetensors' } }).result,
      engine.request('sample', { dataset: 'sample:cats' }).result,
      engine.request('prepare', {
        source: '/no/such',
        out: path.join(home.path, 'out'),
        imageSize: 8,
        valFraction: 0,
        seed: 1,
        background: '#ffffff',
      }).result,
    ])
    expect(checkpoint).toMatchObject({ ok: false, error: { kind: 'not-found' } })
    expect(sample).toMatchObject({
      ok: false,
      error: { kind: 'not-found', message: 'There is no sample “sample:cats”.' },
    })
    expect(source).toMatchObject({ ok: false, error: { kind: 'not-found' } })
    await engine.shutdown(5_000)
  })

  test('ends when its parent is gone', async () => {
    await using home = await TemporaryFolder.make()
    // A parent that starts the engine, tells its number and then dies without a word.
    const program = `
      const { fork } = require('node:child_process')
      const engine = fork(${JSON.stringify(bundle.entry)}, [], {
        env: { ...process.env, VITRINE_HOME: ${JSON.stringify(home.path)}, VITRINE_RESOURCES: '/resources' },
      })
      engine.on('message', () => console.log(engine.pid))
    `
    const parent = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] })
    const output: unknown[] = await once(parent.stdout, 'data')
    const pid = Number(String(output[0]))
    expect(isAlive(pid)).toBe(true)
    parent.kill('SIGKILL')
    await expect.poll(() => isAlive(pid), { timeout: 5_000 }).toBe(false)
  })

  test('refuses to run by hand', async () => {
    const byHand = spawn(process.execPath, [bundle.entry], {
      env: { ...process.env, VITRINE_HOME: '/tmp', VITRINE_RESOURCES: '/tmp' },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let errorOutput = ''
    byHand.stderr.on('data', (chunk) => (errorOutput += String(chunk)))
    const ending: unknown[] = await once(byHand, 'close')
    expect(ending[0]).not.toBe(0)
    expect(errorOutput).toContain('started by Vitrine')
  })
})

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
