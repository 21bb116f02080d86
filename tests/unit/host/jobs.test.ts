import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { MetricLine } from '@shared/contract/records'
import type { JobState } from '@shared/contract/windowRoutes'
import { VitrineError } from '@shared/errors'
import { EngineProcess } from '../../../src/main/host/engineProcess'
import { Jobs, type JobsOptions } from '../../../src/main/host/jobs'
import { NodeBundle } from '../../support/nodeBundle'
import { runConfig } from '../../support/records'
import { TemporaryFolder } from '../../support/temporaryFolder'

let bundle: NodeBundle
beforeAll(async () => {
  bundle = await NodeBundle.build('tests/support/childEngine.ts')
})
afterAll(() => bundle[Symbol.asyncDispose]())

function supervise(options: Partial<JobsOptions> = {}) {
  const changes: JobState[] = []
  const removed: string[] = []
  const lines: MetricLine[] = []
  const engines: EngineProcess[] = []
  const jobs = new Jobs({
    start: () => {
      const engine = new EngineProcess({
        node: process.execPath,
        entry: bundle.entry,
        resources: '/resources',
        home: '/home',
        environment: process.env,
        yields: true,
      })
      engines.push(engine)
      return Promise.resolve(engine)
    },
    onChange: (job) => changes.push(job),
    onRemoved: (jobId) => removed.push(jobId),
    onMetrics: (_runId, more) => lines.push(...more),
    cancelDeadlineMs: 100,
    ...options,
  })
  return { jobs, changes, removed, lines, engines }
}

function sample(dataset: string) {
  return { route: 'sample', input: { dataset }, title: dataset } as const
}

function train(runFolder: string) {
  return {
    route: 'train',
    input: { config: runConfig(), runFolder, resume: false },
    title: 'Shapes',
    runId: 'run',
  } as const
}

describe('Jobs', () => {
  test('a job runs in a process of its own, which is gone when the job has ended', async () => {
    const { jobs, changes, removed, engines } = supervise()
    const job = jobs.start(sample('answer'))
    expect(jobs.list()).toMatchObject([{ id: job.id, phase: 'starting', title: 'answer' }])
    const end = await job.ended
    expect(end.result).toMatchObject({ ok: true, value: { folder: '/samples/shapes' } })
    expect(engines[0]?.alive).toBe(false)
    expect(changes.at(-1)).toMatchObject({ phase: 'finished', progress: { done: 3 }, failure: null })
    jobs.dismiss(job.id)
    expect(removed).toEqual([job.id])
    expect(jobs.list()).toEqual([])
  })

  test('a failed job keeps its failure', async () => {
    const { jobs } = supervise()
    const { state } = await jobs.start(sample('exit')).ended
    expect(state).toMatchObject({ phase: 'failed', failure: { kind: 'engine-lost' } })
  })

  test('a second training run is refused with the name of the first', async () => {
    await using folder = await TemporaryFolder.make()
    const { jobs } = supervise()
    const first = jobs.start(train(path.join(folder.path, 'first')))
    expect(() => jobs.start(train(path.join(folder.path, 'second')))).toThrow(/“Shapes” is being trained/)
    jobs.stop(first.id)
    const { result, state } = await first.ended
    expect(result).toMatchObject({ ok: true, value: { run: { status: 'stopped' } } })
    expect(state.phase).toBe('finished')
    const second = jobs.start(train(path.join(folder.path, 'second')))
    jobs.cancel(second.id)
    expect((await second.ended).state.phase).toBe('cancelled')
  })

  test('metrics reach the window while the run trains', async () => {
    await using folder = await TemporaryFolder.make()
    const { jobs, lines } = supervise()
    const job = jobs.start(train(path.join(folder.path, 'run')))
    await vi.waitFor(() => expect(lines.length).toBeGreaterThan(20), { timeout: 10_000 })
    expect(lines.map((line) => line.type === 'step' && line.step)).toEqual(lines.map((_, index) => index + 1))
    expect(() => jobs.dismiss(job.id)).toThrow(VitrineError)
    jobs.stop(job.id)
    await job.ended
  })

  test('a cancelled job that does not listen is killed', async () => {
    const { jobs, engines } = supervise()
    const job = jobs.start(sample('blocked'))
    await vi.waitFor(() => expect(jobs.list()[0]?.phase).toBe('running'), { timeout: 10_000 })
    jobs.cancel(job.id)
    expect(jobs.list()[0]?.phase).toBe('stopping')
    const { state } = await job.ended
    expect(state).toMatchObject({ phase: 'cancelled', failure: null })
    expect(engines[0]?.alive).toBe(false)
  })

  test('a job whose engine hangs is said to be silent until it answers, and can be cancelled meanwhile', async () => {
    const { jobs, engines } = supervise({ listenEveryMs: 20, silentAfterMs: 100 })
    const job = jobs.start(sample('until-cancelled'))
    await vi.waitFor(() => expect(jobs.list()[0]?.phase).toBe('running'), { timeout: 10_000 })
    const hung = engines[0]?.pid ?? null
    if (hung === null) throw new Error('there is no engine')
    process.kill(hung, 'SIGSTOP')
    await vi.waitFor(() => expect(jobs.list()[0]?.isSilent).toBe(true), { timeout: 10_000 })
    process.kill(hung, 'SIGCONT')
    await vi.waitFor(() => expect(jobs.list()[0]).not.toHaveProperty('isSilent'), { timeout: 10_000 })
    process.kill(hung, 'SIGSTOP')
    await vi.waitFor(() => expect(jobs.list()[0]?.isSilent).toBe(true), { timeout: 10_000 })
    jobs.cancel(job.id)
    const { state } = await job.ended
    expect(state).toMatchObject({ phase: 'cancelled' })
    expect(state).not.toHaveProperty('isSilent')
  })

  test('a run is paused by its name, and only while it is trained', async () => {
    await using folder = await TemporaryFolder.make()
    const { jobs } = supervise()
    expect(() => jobs.pauseRun('run')).toThrow(/not being trained/)
    const job = jobs.start(train(path.join(folder.path, 'run')))
    jobs.pauseRun('run')
    expect(jobs.list()).toMatchObject([{ id: job.id, phase: 'stopping' }])
    expect((await job.ended).result).toMatchObject({ ok: true, value: { run: { status: 'paused' } } })
    expect(() => jobs.pauseRun('run')).toThrow(VitrineError)
  })

  test('at the end of the session training is paused and the rest cancelled', async () => {
    await using folder = await TemporaryFolder.make()
    const { jobs, engines } = supervise()
    const training = jobs.start(train(path.join(folder.path, 'run')))
    const drawing = jobs.start(sample('until-cancelled'))
    await jobs.stopAll(5_000)
    expect((await training.ended).result).toMatchObject({ value: { run: { status: 'paused' } } })
    expect((await drawing.ended).state.phase).toBe('cancelled')
    expect(jobs.active()).toEqual([])
    expect(engines.map((engine) => engine.alive)).toEqual([false, false])
  })

  test('an engine that cannot be started fails the job with the reason', async () => {
    const { jobs } = supervise({ start: () => Promise.reject(new VitrineError('unavailable', 'Not set up.')) })
    const { state, pid } = await jobs.start(sample('answer')).ended
    expect(state).toMatchObject({ phase: 'failed', failure: { kind: 'unavailable', message: 'Not set up.' } })
    expect(pid).toBeNull()
  })
})
