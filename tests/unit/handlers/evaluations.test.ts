import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { WindowEvent, WindowRequest } from '@shared/contract/windowRoutes'
import { evaluationHandlers } from '../../../src/main/handlers/evaluations'
import { EngineProcess } from '../../../src/main/host/engineProcess'
import { Jobs } from '../../../src/main/host/jobs'
import { RunStore } from '../../../src/main/host/runStore'
import { textWith } from '../../support/matching'
import { NodeBundle } from '../../support/nodeBundle'
import { runConfig, runRecord } from '../../support/records'
import { TemporaryFolder } from '../../support/temporaryFolder'

let bundle: NodeBundle
beforeAll(async () => {
  bundle = await NodeBundle.build('tests/support/childEngine.ts')
})
afterAll(() => bundle[Symbol.asyncDispose]())

let home: TemporaryFolder
let jobs: Jobs
let events: WindowEvent[]
let started: unknown[]
let handlers: ReturnType<typeof evaluationHandlers>

beforeEach(async () => {
  home = await TemporaryFolder.make()
  events = []
  started = []
  jobs = new Jobs({
    start: () =>
      Promise.resolve(
        new EngineProcess({
          node: process.execPath,
          entry: bundle.entry,
          resources: '/resources',
          home: home.path,
          environment: process.env,
          yields: false,
        }),
      ),
    onChange: (job) => void events.push({ type: 'job', job }),
    onRemoved: () => undefined,
    onMetrics: () => undefined,
  })
  const start = jobs.start.bind(jobs)
  vi.spyOn(jobs, 'start').mockImplementation((request) => {
    started.push(request)
    return start(request)
  })
  const runs = new RunStore({ home: home.path, trash: () => Promise.reject(new Error('no trash here')) })
  handlers = evaluationHandlers({ runs, jobs, announce: (event) => void events.push(event) })
  await writeRun('shapes 1')
})
afterEach(async () => {
  await jobs.stopAll(5_000)
  await home[Symbol.asyncDispose]()
})

/** A run that has ended, with its best checkpoint. */
async function writeRun(id: string): Promise<void> {
  const folder = path.join(home.path, 'runs', id)
  await mkdir(path.join(folder, 'checkpoints'), { recursive: true })
  await writeFile(path.join(folder, 'checkpoints', 'best.safetensors'), '')
  const config = runConfig({ train: { precision: 'bf16' } })
  await writeFile(path.join(folder, 'run.json'), JSON.stringify(runRecord({ id, config })))
}

const request: WindowRequest<'evaluations.start'> = {
  runId: 'shapes 1',
  checkpoint: 'best',
  split: 'train',
  flip: true,
}

describe('evaluations.start', () => {
  test('evaluates in the run’s folder and precision, and announces the result', async () => {
    const { jobId } = await handlers['evaluations.start'](request)
    const folder = path.join(home.path, 'runs', 'shapes 1')
    expect(started).toEqual([
      {
        route: 'evaluate',
        input: {
          checkpoint: path.join(folder, 'checkpoints', 'best.safetensors'),
          dataset: 'sample:shapes',
          split: 'train',
          flip: true,
          precision: 'bf16',
          out: path.join(folder, 'evaluation', 'best-train-flip'),
        },
        title: 'Evaluating Shapes',
        runId: 'shapes 1',
      },
    ])
    expect(jobs.list()).toMatchObject([{ id: jobId, kind: 'evaluate', runId: 'shapes 1' }])
    const changed = { type: 'evaluations-changed', runId: 'shapes 1' }
    await vi.waitFor(() => expect(events).toContainEqual(changed), { timeout: 10_000 })
    const { evaluations } = await handlers['evaluations.list']({ runId: 'shapes 1' })
    expect(evaluations).toMatchObject([{ id: 'best-train-flip', evaluation: { split: 'train' } }])
  })

  test('refuses a checkpoint that the run has not, and a run that is not there', async () => {
    await expect(handlers['evaluations.start']({ ...request, checkpoint: 'epoch-0010' })).rejects.toMatchObject({
      kind: 'not-found',
      message: textWith('“Shapes”'),
    })
    await expect(handlers['evaluations.start']({ ...request, runId: 'none' })).rejects.toMatchObject({
      kind: 'not-found',
    })
    expect(started).toEqual([])
  })

  test('two jobs never write the same evaluation; after a cancelled one another may start', async () => {
    const validation = { ...request, split: 'val' } as const
    const { jobId } = await handlers['evaluations.start'](validation)
    await expect(handlers['evaluations.start'](validation)).rejects.toMatchObject({ kind: 'unavailable' })
    const other = await handlers['evaluations.start']({ ...validation, flip: false })
    jobs.cancel(jobId)
    await vi.waitFor(() => expect(jobs.active().map(({ id }) => id)).toEqual([other.jobId]), { timeout: 10_000 })
    await vi.waitFor(async () => expect(await handlers['evaluations.start'](validation)).toHaveProperty('jobId'))
    expect((await handlers['evaluations.list']({ runId: 'shapes 1' })).evaluations).toEqual([])
  })
})
