import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, readFile, readdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import type { RunRecord } from '@shared/contract/records'
import { RunStore } from '../../../src/main/host/runStore'
import { RunWatcher } from '../../../src/main/host/runWatcher'
import { textWith } from '../../support/matching'
import { epochMetrics, runRecord, stepMetrics } from '../../support/records'
import { TemporaryFolder } from '../../support/temporaryFolder'

/** Number of a process that has just ended. */
async function deadProcess(): Promise<number> {
  const child = spawn(process.execPath, ['-e', ''])
  await once(child, 'exit')
  return child.pid ?? 0
}

async function storeIn(home: string, trash = vi.fn(() => Promise.reject(new Error('no trash here')))) {
  const store = new RunStore({ home, trash })
  await mkdir(store.folder, { recursive: true })
  const add = async (id: string, changes: Partial<RunRecord> = {}, metrics = ''): Promise<string> => {
    const folder = path.join(store.folder, id)
    await mkdir(path.join(folder, 'checkpoints'), { recursive: true })
    await writeFile(path.join(folder, 'run.json'), JSON.stringify(runRecord({ id, ...changes })))
    if (metrics !== '') await writeFile(path.join(folder, 'metrics.jsonl'), metrics)
    return folder
  }
  return { store, add, trash }
}

function jsonLines(values: unknown[]): string {
  return values.map((value) => `${JSON.stringify(value)}\n`).join('')
}

describe('RunStore', () => {
  test('lists runs, newest first, and leaves out what is no run', async () => {
    await using home = await TemporaryFolder.make()
    const { store, add } = await storeIn(home.path)
    await add('old', { createdAt: '2026-01-01T00:00:00.000Z' })
    await add('new', { createdAt: '2026-02-01T00:00:00.000Z' })
    await mkdir(path.join(store.folder, 'empty'))
    await mkdir(path.join(store.folder, 'about-to-begin', 'checkpoints'), { recursive: true })
    await mkdir(path.join(store.folder, '.hidden'))
    await writeFile(path.join(store.folder, '.hidden', 'run.json'), '{}')
    await writeFile(path.join(store.folder, 'notes.txt'), 'x')
    const { runs, damaged, freeBytes } = await store.list()
    expect(runs.map((run) => run.record.id)).toEqual(['new', 'old'])
    expect(damaged).toEqual([])
    expect(freeBytes).toBeGreaterThan(0)
  })

  test('is empty before the first run', async () => {
    await using home = await TemporaryFolder.make()
    const store = new RunStore({ home: path.join(home.path, 'nothing'), trash: () => Promise.resolve() })
    expect(await store.list()).toMatchObject({ runs: [], damaged: [] })
  })

  test('finds checkpoints and the last whole epoch, also far from the end of the metrics', async () => {
    await using home = await TemporaryFolder.make()
    const { store, add } = await storeIn(home.path)
    const manySteps = Array.from({ length: 2_000 }, (_, index) => stepMetrics(index + 1))
    const folder = await add(
      'run',
      {},
      jsonLines([epochMetrics(1), epochMetrics(2), ...manySteps]) + '{"type":"epoch","ep',
    )
    for (const name of ['last', 'last.optimizer', 'best.ema'])
      await writeFile(path.join(folder, 'checkpoints', `${name}.safetensors`), 'x')
    await mkdir(path.join(folder, 'snapshots'))
    await writeFile(path.join(folder, 'snapshots', 'epoch-0002.safetensors'), 'x')
    const run = await store.get('run')
    expect(run.lastEpoch).toEqual(epochMetrics(2))
    expect(run.checkpoints).toEqual(['best.ema', 'last', 'epoch-0002'])
    const metrics = await store.metrics('run')
    expect(metrics).toHaveLength(2_002)
    expect(metrics.at(-1)).toEqual(stepMetrics(2_000))
  })

  test('a run whose process is gone is interrupted, on disk too', async () => {
    await using home = await TemporaryFolder.make()
    const { store, add } = await storeIn(home.path)
    const folder = await add('run', { status: 'running', processId: await deadProcess() })
    const [run] = (await store.list()).runs
    expect(run?.record).toMatchObject({ status: 'interrupted', reason: textWith('ended unexpectedly') })
    expect(run?.record.endedAt).not.toBeNull()
    expect(JSON.parse(await readFile(path.join(folder, 'run.json'), 'utf8'))).toEqual(run?.record)
    expect(await readdir(folder)).toEqual(['checkpoints', 'run.json'])
  })

  test('a run whose process lives goes on; one whose number was given to a later process does not', async () => {
    await using home = await TemporaryFolder.make()
    const { store, add } = await storeIn(home.path)
    await add('alive', { status: 'running', processId: process.pid })
    await add('reused', { status: 'running', processId: process.pid, createdAt: '2020-01-01T00:00:00.000Z' })
    expect((await store.get('alive')).record.status).toBe('running')
    expect((await store.get('reused')).record.status).toBe(process.platform === 'linux' ? 'interrupted' : 'running')
    const resumedAt = new Date().toISOString()
    await add('resumed', {
      status: 'running',
      processId: process.pid,
      createdAt: '2020-01-01T00:00:00.000Z',
      resumedAt,
    })
    expect((await store.get('resumed')).record.status).toBe('running')
  })

  test('renames a run and keeps the rest', async () => {
    await using home = await TemporaryFolder.make()
    const { store, add } = await storeIn(home.path)
    await add('run', { parameters: 4321 })
    expect(await store.rename('run', 'Better')).toMatchObject({ name: 'Better', parameters: 4321 })
    expect((await store.get('run')).record.name).toBe('Better')
  })

  test('a copied folder is a run of its own', async () => {
    await using home = await TemporaryFolder.make()
    const { store, add } = await storeIn(home.path)
    await cp(await add('run'), path.join(store.folder, 'copy'), { recursive: true })
    expect((await store.list()).runs.map((run) => run.record.id).sort()).toEqual(['copy', 'run'])
  })

  test('removes to the trash, and for good where there is none', async () => {
    await using home = await TemporaryFolder.make()
    const { store, add, trash } = await storeIn(home.path)
    const folder = await add('run')
    await store.remove('run')
    expect(trash).toHaveBeenCalledWith(folder)
    expect(await readdir(store.folder)).toEqual([])
    await expect(store.remove('run')).rejects.toMatchObject({ kind: 'not-found' })
  })

  test('does not remove a run that is being trained', async () => {
    await using home = await TemporaryFolder.make()
    const { store, add } = await storeIn(home.path)
    await add('run', { status: 'running', processId: process.pid })
    await expect(store.remove('run')).rejects.toMatchObject({ kind: 'unavailable' })
    expect(await readdir(store.folder)).toEqual(['run'])
  })

  test.each(['..', '.', '', 'a/b', '../runs', 'a\\b', 'a\0b'])('refuses %j as a run', async (id) => {
    await using home = await TemporaryFolder.make()
    const { store } = await storeIn(home.path)
    await expect(store.get(id)).rejects.toMatchObject({ kind: 'not-found' })
    expect(() => store.folderOf(id)).toThrow(/no run/)
  })

  test('settles only a run whose end nobody wrote', async () => {
    await using home = await TemporaryFolder.make()
    const { store, add } = await storeIn(home.path)
    const pid = await deadProcess()
    await add('lost', { status: 'running', processId: pid })
    await add('done', { status: 'finished', processId: pid })
    await add('unresumed', { status: 'interrupted', reason: 'Earlier.', processId: 1 })
    await mkdir(path.join(store.folder, 'unborn', 'checkpoints'), { recursive: true })
    for (const id of ['lost', 'done', 'unresumed', 'unborn', 'nowhere'])
      await store.settle(id, 'interrupted', 'Killed by the system.', pid)
    expect((await store.get('lost')).record).toMatchObject({ status: 'interrupted', reason: 'Killed by the system.' })
    expect((await store.get('done')).record).toMatchObject({ status: 'finished', reason: null })
    expect((await store.get('unresumed')).record).toMatchObject({ status: 'interrupted', reason: 'Earlier.' })
    expect((await readdir(store.folder)).sort()).toEqual(['done', 'lost', 'unresumed'])
  })
})

describe('RunWatcher', () => {
  test('tells of new runs, changed records and removed runs, not of metrics', async () => {
    await using home = await TemporaryFolder.make()
    const { store, add } = await storeIn(home.path)
    const changed = vi.fn()
    const watcher = new RunWatcher(store.folder, changed)
    await watcher.start()

    const folder = await add('run')
    await vi.waitFor(() => expect(changed).toHaveBeenCalled(), { timeout: 5_000 })
    await settled(changed)

    await writeFile(path.join(folder, 'metrics.jsonl'), jsonLines([stepMetrics(1)]))
    expect(await settled(changed)).toBe(0)

    await store.rename('run', 'Better')
    await vi.waitFor(() => expect(changed).toHaveBeenCalled(), { timeout: 5_000 })
    await settled(changed)

    await store.annotate(['run'], { addTags: ['good'] })
    await vi.waitFor(() => expect(changed).toHaveBeenCalled(), { timeout: 5_000 })
    await settled(changed)

    await store.remove('run')
    await vi.waitFor(() => expect(changed).toHaveBeenCalled(), { timeout: 5_000 })
    watcher.close()
  })
})

/** Waits until the watcher has been quiet for longer than it waits itself; returns and forgets its calls. */
async function settled(changed: ReturnType<typeof vi.fn>): Promise<number> {
  for (let calls = -1; calls !== changed.mock.calls.length;) {
    calls = changed.mock.calls.length
    await new Promise((resolve) => setTimeout(resolve, 600))
  }
  const calls = changed.mock.calls.length
  changed.mockClear()
  return calls
}
