import { defaultSettings } from '@shared/contract/settings'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, expectTypeOf, test, vi } from 'vitest'
import type { RunRecord } from '@shared/contract/records'
import { windowRoutes, type WindowRoute } from '@shared/contract/windowRoutes'
import { dispatch } from '../../../src/main/handlers/dispatch'
import type { WindowHandlers } from '../../../src/main/handlers/services'
import { HeadlessMain } from '../../support/headlessMain'
import { anyText, textWith } from '../../support/matching'
import { NodeBundle } from '../../support/nodeBundle'
import { datasetManifest, runConfig, runRecord } from '../../support/records'
import { TemporaryFolder } from '../../support/temporaryFolder'

let bundle: NodeBundle
beforeAll(async () => {
  bundle = await NodeBundle.build('tests/support/childEngine.ts')
})
afterAll(() => bundle[Symbol.asyncDispose]())

let home: TemporaryFolder
let main: HeadlessMain
beforeEach(async () => {
  home = await TemporaryFolder.make()
  main = new HeadlessMain(home.path, bundle.entry)
})
afterEach(async () => {
  await main[Symbol.asyncDispose]()
  await home[Symbol.asyncDispose]()
})

/** Starts a run and waits until its engine has written `run.json`. */
async function startRun(): Promise<{ jobId: string; runId: string; record: RunRecord }> {
  const answer = await main.ask('runs.start', { config: runConfig() })
  expect(answer).toMatchObject({ ok: true })
  const { jobId, runId } = windowRoutes['runs.start'].output.parse(answer.ok ? answer.value : null)
  if (jobId === null) throw new Error('the run waits in the queue')
  const record = await vi.waitFor(() => main.record(runId), { timeout: 10_000 })
  return { jobId, runId, record }
}

describe('windowHandlers', () => {
  test('every route has a handler, and nothing else has', () => {
    expectTypeOf<keyof WindowHandlers>().toEqualTypeOf<WindowRoute>()
    expect(Object.keys(main.handlers).sort()).toEqual(Object.keys(windowRoutes).sort())
    const { doctor, ...incomplete } = main.handlers
    expect(doctor).toBeTypeOf('function')
    // @ts-expect-error a table without "doctor" is not whole
    const whole: WindowHandlers = incomplete
    expect(whole).not.toHaveProperty('doctor')
  })

  test('answers what asks for nothing', async () => {
    expect(await main.ask('app.info')).toMatchObject({ ok: true, value: { home: home.path } })
    const value = { ...defaultSettings, theme: 'dark' }
    expect(await main.ask('settings.set', { theme: 'dark' })).toEqual({ ok: true, value })
    expect(await main.ask('settings.get')).toEqual({ ok: true, value })
    expect(await main.ask('runs.list')).toMatchObject({ ok: true, value: { runs: [], damaged: [] } })
    expect(await main.ask('datasets.list')).toMatchObject({ ok: true, value: { datasets: [{}, {}] } })
    expect(await main.ask('dialog.chooseFolder', { title: 'A folder' })).toEqual({ ok: true, value: { path: null } })
  })

  test.each([
    ['settings.set', { theme: 'pink' }, 'theme'],
    ['runs.get', {}, 'runId'],
    ['datasets.page', { dataset: 'a', split: 'test', classIndex: null, offset: 0, limit: 1 }, 'split'],
    ['inspect.model', { checkpoint: { from: 'file', path: '' } }, 'checkpoint.path'],
  ] as const)('names the field of a wrong input to %s', async (route, input, field) => {
    expect(await main.ask(route, input)).toMatchObject({ ok: false, error: { kind: 'invalid-input', field } })
  })

  test.each(['nothing', 'toString', '__proto__', 7, null])('refuses the route %j', async (route) => {
    expect(await dispatch(main.handlers, route, {})).toMatchObject({ ok: false, error: { kind: 'internal' } })
  })

  test.each([
    [{ data: { dataset: 'sample:shapes' }, model: { preset: 'S/32' }, trian: {} }, 'trian'],
    [{ data: { dataset: 'sample:shapes' }, model: { preset: 'S/33' } }, 'model.preset'],
    [{ data: { dataset: 'sample:shapes' }, model: { preset: 'S/32', numHeads: 5 } }, 'model.numHeads'],
    [{ data: { dataset: '/no/such/dataset' }, model: { preset: 'S/32' } }, 'data.dataset'],
  ])('a configuration that cannot be trained is refused with its field', async (config, field) => {
    const answer = await main.ask('runs.start', { config })
    expect(answer).toMatchObject({ ok: false, error: { field } })
    expect(await main.ask('jobs.list')).toEqual({ ok: true, value: { jobs: [] } })
  })

  test('a configuration is checked against its dataset', async () => {
    const dataset = path.join(home.path, 'datasets', 'flowers')
    await mkdir(dataset, { recursive: true })
    await writeFile(path.join(dataset, 'dataset.json'), JSON.stringify(datasetManifest({ imageSize: 30 })))
    const config = runConfig({ data: { dataset } })
    expect(await main.ask('runs.start', { config })).toMatchObject({
      ok: false,
      error: { kind: 'invalid-input', field: 'model.patchSize', message: textWith('30 px') },
    })
  })

  test('a run is started, listed while it trains, stopped, renamed and removed', async () => {
    const { jobId, runId } = await startRun()
    expect(await main.ask('runs.list')).toMatchObject({
      value: { runs: [{ record: { id: runId, status: 'running' } }] },
    })
    expect(await main.ask('runs.remove', { runId })).toMatchObject({ ok: false, error: { kind: 'unavailable' } })
    expect(await main.ask('datasets.remove', { dataset: 'sample:shapes' })).toMatchObject({
      ok: false,
      error: { kind: 'unavailable' },
    })
    expect(await main.ask('jobs.stop', { jobId })).toEqual({ ok: true, value: {} })
    await vi.waitFor(() => expect(main.events).toContainEqual({ type: 'runs-changed' }), { timeout: 10_000 })
    expect(await main.ask('runs.get', { runId })).toMatchObject({ value: { run: { record: { status: 'stopped' } } } })
    expect(await main.ask('runs.rename', { runId, name: 'Better' })).toMatchObject({ value: { name: 'Better' } })
    expect(await main.ask('runs.remove', { runId })).toEqual({ ok: true, value: {} })
    expect(await main.ask('jobs.dismiss', { jobId })).toEqual({ ok: true, value: {} })
    expect(await main.ask('runs.get', { runId })).toMatchObject({ ok: false, error: { kind: 'not-found' } })
  })

  test('a run is paused and resumed with more epochs, in a job of its own', async () => {
    const { jobId, runId } = await startRun()
    expect(await main.ask('runs.resume', { runId })).toMatchObject({ ok: false, error: { kind: 'unavailable' } })
    expect(await main.ask('runs.pause', { runId })).toEqual({ ok: true, value: {} })
    await vi.waitFor(() => expect(main.events).toContainEqual({ type: 'runs-changed' }), { timeout: 10_000 })
    expect(await main.record(runId)).toMatchObject({ status: 'paused' })
    expect(await main.ask('runs.pause', { runId })).toMatchObject({ ok: false, error: { kind: 'unavailable' } })

    const resumed = await main.ask('runs.resume', { runId, epochs: 77 })
    expect(resumed).toMatchObject({ ok: true, value: { jobId: anyText() } })
    expect(resumed).not.toMatchObject({ value: { jobId } })
    const isResumed = async () => expect(await main.record(runId)).toMatchObject({ status: 'running' })
    await vi.waitFor(isResumed, { timeout: 10_000 })
    expect(await main.record(runId)).toMatchObject({ config: { train: { epochs: 77 } }, resumedAt: anyText() })
    expect(await main.ask('runs.resume', { runId: 'nothing' })).toMatchObject({ error: { kind: 'not-found' } })
    await main.ask('runs.pause', { runId })
  })

  test('runs that are started while one trains wait, and follow it in their order', async () => {
    const first = await startRun()
    const config = runConfig()
    const second = await main.ask('runs.start', { config: { ...config, name: 'Second' } })
    expect(second).toMatchObject({ ok: true, value: { jobId: null } })
    const sweep = [3, 4].map((seed) => ({ ...config, name: `Seed ${seed}`, seed }))
    expect(await main.ask('queue.add', { configs: sweep })).toEqual({
      ok: true,
      value: { startedRunId: null, queued: 2 },
    })
    const wrong = { ...config, model: { preset: 'S/32', numHeads: 5 } }
    expect(await main.ask('queue.add', { configs: [config, wrong] })).toMatchObject({
      ok: false,
      error: { kind: 'invalid-input', field: 'model.numHeads' },
    })
    const titles = ['Second', 'Seed 3', 'Seed 4'].map((title) => ({ title }))
    expect(await main.ask('queue.get')).toMatchObject({ value: { runs: titles, hold: null } })

    const runId = second.ok ? windowRoutes['runs.start'].output.parse(second.value).runId : ''
    await main.ask('queue.move', { runId, to: 1 })
    process.kill(first.record.processId, 'SIGKILL')
    await vi.waitFor(() => expect(main.titlesOf('running')).toEqual(['Seed 3']), { timeout: 10_000 })
    expect(main.titlesOf('failed')).toEqual(['Shapes'])

    expect(await main.ask('queue.stopAll')).toEqual({ ok: true, value: {} })
    await vi.waitFor(() => expect(main.titlesOf('finished')).toEqual(['Seed 3']), { timeout: 10_000 })
    expect(await main.ask('queue.get')).toMatchObject({
      value: { runs: [{ title: 'Second' }, { title: 'Seed 4' }], hold: { why: 'paused' } },
    })
    await main.ask('queue.remove', { runIds: [runId] })
    expect(await main.ask('queue.goOn')).toEqual({ ok: true, value: {} })
    await vi.waitFor(() => expect(main.titlesOf('running')).toEqual(['Seed 4']), { timeout: 10_000 })
    expect(await main.ask('queue.get')).toEqual({ ok: true, value: { runs: [], hold: null, waitsFor: [] } })
  })

  test('kill -9 of the engine while it trains: the window is told, and run.json says so', async () => {
    const { jobId, runId, record } = await startRun()
    process.kill(record.processId, 'SIGKILL')
    await vi.waitFor(() => expect(main.events).toContainEqual({ type: 'runs-changed' }), { timeout: 10_000 })
    const message = 'The engine stopped while training (killed by the system). What is saved is kept.'
    expect(await main.ask('jobs.list')).toMatchObject({
      value: { jobs: [{ id: jobId, phase: 'failed', failure: { kind: 'engine-lost', message } }] },
    })
    expect(await main.record(runId)).toMatchObject({ status: 'interrupted', reason: message })
  })

  test('a cancelled run that can no longer write its end is written as cancelled', async () => {
    const { jobId, runId } = await startRun()
    await main.ask('jobs.cancel', { jobId })
    await vi.waitFor(() => expect(main.events).toContainEqual({ type: 'runs-changed' }), { timeout: 10_000 })
    expect(await main.record(runId)).toMatchObject({ status: 'cancelled' })
  })

  test('a sample is made by a job, once', async () => {
    const first = await main.ask('datasets.make', { dataset: 'sample:shapes' })
    const second = await main.ask('datasets.make', { dataset: 'sample:shapes' })
    expect(first).toMatchObject({ ok: true, value: { jobId: anyText() } })
    expect(second).toEqual(first)
    expect(await main.ask('datasets.make', { dataset: '/pictures' })).toMatchObject({
      error: { kind: 'invalid-input' },
    })
    await vi.waitFor(() => expect(main.events).toContainEqual({ type: 'datasets-changed' }), { timeout: 10_000 })
  })

  test('an unfinished preparation is listed, discarded, and not found afterwards', async () => {
    const dataset = path.join(home.path, 'datasets', 'flowers')
    const partial = path.join(home.path, 'datasets', '.flowers.partial')
    await mkdir(partial, { recursive: true })
    const source = { source: '/pictures/flowers', name: 'Flowers', imageSize: 64, total: 9 }
    const header = { format: 1, ...source, plan: '', seed: 1, valFraction: 0.2, background: '#ffffff' }
    await writeFile(path.join(partial, 'journal.jsonl'), `${JSON.stringify(header)}\n`)
    expect(await main.ask('datasets.unfinished')).toMatchObject({
      value: { preparations: [{ dataset, ...source, done: 0 }] },
    })
    expect(await main.ask('datasets.discard', { dataset })).toMatchObject({ ok: true })
    expect(await main.ask('datasets.unfinished')).toEqual({ ok: true, value: { preparations: [] } })
    expect(await main.ask('datasets.resume', { dataset })).toMatchObject({ error: { kind: 'not-found' } })
  })

  test('a dataset gets a new name; what is no prepared dataset is neither renamed, updated nor rewritten', async () => {
    const dataset = path.join(home.path, 'datasets', 'flowers')
    await mkdir(dataset, { recursive: true })
    await writeFile(path.join(dataset, 'dataset.json'), JSON.stringify(datasetManifest()))
    expect(await main.ask('datasets.rename', { dataset, name: ' Roses ' })).toMatchObject({ value: { name: 'Roses' } })
    expect(await main.ask('datasets.rename', { dataset, name: ' ' })).toMatchObject({ error: { field: 'name' } })
    // Datasets of the first version don't say how they were prepared.
    expect(await main.ask('datasets.update', { dataset })).toMatchObject({ error: { kind: 'unavailable' } })
    for (const other of ['sample:shapes', home.path]) {
      const refused = { error: { kind: 'not-found' } }
      expect(await main.ask('datasets.rename', { dataset: other, name: 'x' })).toMatchObject(refused)
      expect(await main.ask('datasets.update', { dataset: other })).toMatchObject(refused)
      expect(await main.ask('datasets.deduplicate', { dataset: other, action: 'drop' })).toMatchObject(refused)
    }
  })

  test('inspection is answered by the engine, and its failures keep their kind', async () => {
    const checkpoint = { from: 'file', path: '/a.safetensors' }
    expect(await main.ask('inspect.model', { checkpoint })).toMatchObject({
      ok: true,
      value: { parameters: runRecord().parameters },
    })
    expect(await main.ask('inspect.positions', { checkpoint })).toMatchObject({
      ok: false,
      error: { kind: 'unavailable', message: 'this test does not ask that' },
    })
  })
})
