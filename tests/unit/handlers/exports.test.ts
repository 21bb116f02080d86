import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { JobState } from '@shared/contract/windowRoutes'
import { windowInputs } from '@shared/contract/windowRoutes'
import { exportHandlers } from '../../../src/main/handlers/exports'
import { EngineProcess } from '../../../src/main/host/engineProcess'
import { Jobs } from '../../../src/main/host/jobs'
import { RunStore } from '../../../src/main/host/runStore'
import { NodeBundle } from '../../support/nodeBundle'
import { runRecord } from '../../support/records'
import { TemporaryFolder } from '../../support/temporaryFolder'

let bundle: NodeBundle
beforeAll(async () => {
  bundle = await NodeBundle.build('tests/support/childEngine.ts')
})
afterAll(() => bundle[Symbol.asyncDispose]())

/** The handlers with a person who always chooses the same place. */
async function handlersThatChoose(home: string, chosen: string | null) {
  const states: JobState[] = []
  const asked: string[] = []
  const choose = (what: string) => {
    asked.push(what)
    return Promise.resolve(chosen)
  }
  const jobs = new Jobs({
    start: () =>
      Promise.resolve(
        new EngineProcess({
          node: process.execPath,
          entry: bundle.entry,
          resources: '/resources',
          home,
          environment: process.env,
          yields: false,
        }),
      ),
    onChange: (job) => states.push(job),
    onRemoved: () => undefined,
    onMetrics: () => undefined,
  })
  const runs = new RunStore({ home, trash: () => Promise.reject(new Error('no trash here')) })
  const folder = path.join(home, 'runs', 'one')
  await mkdir(folder, { recursive: true })
  await writeFile(path.join(folder, 'run.json'), JSON.stringify(runRecord({ id: 'one', name: 'First run' })))
  const desktop = {
    appInfo: () => {
      throw new Error('not asked')
    },
    chooseFolder: choose,
    chooseDatasetFile: () => Promise.resolve(null),
    chooseImages: () => Promise.resolve([]),
    chooseCheckpoint: () => Promise.resolve(null),
    chooseSavePath: choose,
    reveal: () => undefined,
  }
  return { handlers: exportHandlers({ desktop, jobs, runs }), states, asked, jobs }
}

describe('files.save', () => {
  test('writes the bytes where the person chose, and nowhere without a choice', async () => {
    await using folder = await TemporaryFolder.make()
    const target = path.join(folder.path, 'figure.npy')
    const { handlers, asked } = await handlersThatChoose(folder.path, target)
    const bytes = Uint8Array.of(1, 2, 255)
    expect(await handlers['files.save']({ name: 'loss-first-run', kind: 'npy', bytes })).toEqual({ path: target })
    expect([...(await readFile(target))]).toEqual([1, 2, 255])
    expect(asked).toEqual(['loss-first-run.npy'])

    const { handlers: refusing } = await handlersThatChoose(folder.path, null)
    expect(await refusing['files.save']({ name: 'other', kind: 'csv', bytes })).toEqual({ path: null })
    expect((await readdir(folder.path)).sort()).toEqual(['figure.npy', 'runs'])
  })

  test('takes no name that means something in a path, and no bytes without end', () => {
    const { input } = windowInputs['files.save']
    const bytes = new Uint8Array(4)
    expect(input.safeParse({ name: 'loss-1', kind: 'png', bytes }).success).toBe(true)
    for (const name of ['../loss', 'a/b', '', '.hidden', 'a\\b', 'C:']) {
      expect(input.safeParse({ name, kind: 'png', bytes }).success).toBe(false)
    }
    expect(input.safeParse({ name: 'loss', kind: 'exe', bytes }).success).toBe(false)
    const large = new Uint8Array(2 ** 28 + 1)
    expect(input.safeParse({ name: 'loss', kind: 'png', bytes: large }).success).toBe(false)
  })
})

describe('exports.start', () => {
  test('asks an engine for the report of a run at the chosen place', async () => {
    await using folder = await TemporaryFolder.make()
    const target = path.join(folder.path, 'report.html')
    const { handlers, asked, states, jobs } = await handlersThatChoose(folder.path, target)
    const { started } = await handlers['exports.start']({ subject: { kind: 'run-report', runId: 'one' } })
    expect(started?.path).toBe(target)
    expect(asked).toEqual(['first-run-report.html'])
    await expect.poll(() => states.at(-1)?.phase, { timeout: 15_000 }).toBe('finished')
    expect(states.at(-1)).toMatchObject({ kind: 'export', title: 'Report of First run', runId: 'one' })
    const written: unknown = JSON.parse(await readFile(target, 'utf8'))
    expect(written).toEqual({ kind: 'run-report', runFolder: path.join(folder.path, 'runs', 'one') })
    await jobs.stopAll(1000)
  })

  test('makes a folder for the numbers, and starts nothing without a choice', async () => {
    await using folder = await TemporaryFolder.make()
    const subject = { kind: 'history', runId: 'one' } as const
    const refusing = await handlersThatChoose(folder.path, null)
    expect(await refusing.handlers['exports.start']({ subject })).toEqual({ started: null })
    expect(refusing.states).toEqual([])

    const { handlers, states, jobs } = await handlersThatChoose(folder.path, folder.path)
    const { started } = await handlers['exports.start']({ subject })
    expect(started?.path).toBe(path.join(folder.path, 'one'))
    await expect.poll(() => states.at(-1)?.phase, { timeout: 15_000 }).toBe('finished')
    expect(await readdir(path.join(folder.path, 'one'))).toEqual(['asked.json'])
    await expect(handlers['exports.start']({ subject: { kind: 'history', runId: 'none' } })).rejects.toThrow(/no run/)
    await jobs.stopAll(1000)
  })
})
