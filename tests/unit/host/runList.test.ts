import { appendFile, mkdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import type { RunRecord } from '@shared/contract/records'
import { RunStore } from '../../../src/main/host/runStore'
import { textWith } from '../../support/matching'
import { epochMetrics, runRecord, stepMetrics } from '../../support/records'
import { TemporaryFolder } from '../../support/temporaryFolder'

function storeIn(home: string): RunStore {
  return new RunStore({ home, trash: () => Promise.reject(new Error('no trash here')) })
}

function jsonLines(values: unknown[]): string {
  return values.map((value) => `${JSON.stringify(value)}\n`).join('')
}

interface Parts {
  record?: Partial<RunRecord> | string | null
  metrics?: string | null
  checkpoints?: readonly string[]
  notes?: string
}

const wholeCheckpoints = ['last', 'last.optimizer', 'best'] as const

/** A finished run with all its files; `null` and shorter lists leave files out. */
async function addRun(store: RunStore, id: string, parts: Parts = {}): Promise<string> {
  const { record = {}, metrics = jsonLines([stepMetrics(1), epochMetrics(1)]), checkpoints = wholeCheckpoints } = parts
  const folder = path.join(store.folder, id)
  await mkdir(path.join(folder, 'checkpoints'), { recursive: true })
  if (typeof record === 'string') await writeFile(path.join(folder, 'run.json'), record)
  else if (record !== null) await writeFile(path.join(folder, 'run.json'), JSON.stringify(runRecord({ id, ...record })))
  if (metrics !== null) await writeFile(path.join(folder, 'metrics.jsonl'), metrics)
  if (parts.notes !== undefined) await writeFile(path.join(folder, 'notes.json'), parts.notes)
  for (const name of checkpoints) await writeFile(path.join(folder, 'checkpoints', `${name}.safetensors`), 'weights')
  return folder
}

describe('damaged run folders', () => {
  test('a sound run has no problems, and its size is that of its files', async () => {
    await using home = await TemporaryFolder.make()
    const store = storeIn(home.path)
    const folder = await addRun(store, 'run')
    const { runs } = await store.list()
    expect(runs).toHaveLength(1)
    expect(runs[0]?.problems).toEqual([])
    const own = await Promise.all(['run.json', 'metrics.jsonl'].map((name) => stat(path.join(folder, name))))
    expect(runs[0]?.sizeBytes).toBe(own.reduce((sum, { size }) => sum + size, 0) + 3 * 'weights'.length)
    expect((await store.files('run')).map((file) => file.path)).toEqual([
      'checkpoints/best.safetensors',
      'checkpoints/last.optimizer.safetensors',
      'checkpoints/last.safetensors',
      'metrics.jsonl',
      'run.json',
    ])
  })

  test('a run without a readable record is listed with what is left of it, and the rest is undisturbed', async () => {
    await using home = await TemporaryFolder.make()
    const store = storeIn(home.path)
    const torn = JSON.stringify(runRecord({ name: 'Old shapes', createdAt: '2026-01-05T00:00:00.000Z' })).slice(0, 400)
    await addRun(store, 'torn', { record: torn })
    await addRun(store, 'missing', { record: null })
    await addRun(store, 'wrong', { record: '{"format":1,"status":"finished"}' })
    await addRun(store, 'sound')
    const { runs, damaged } = await store.list()
    expect(runs.map(({ record }) => record.id)).toEqual(['sound'])
    expect(damaged.map(({ id }) => id).sort()).toEqual(['missing', 'torn', 'wrong'])
    const byId = new Map(damaged.map((run) => [run.id, run]))
    expect(byId.get('torn')).toMatchObject({
      name: 'Old shapes',
      createdAt: '2026-01-05T00:00:00.000Z',
      dataset: 'sample:shapes',
      lastEpoch: { epoch: 1 },
      checkpoints: ['best', 'last'],
      problems: [textWith('run.json is torn')],
    })
    expect(byId.get('missing')).toMatchObject({ name: null, problems: [textWith('run.json is missing')] })
    expect(byId.get('wrong')).toMatchObject({ problems: [textWith('run.json lacks “config”')] })
    await expect(store.get('torn')).rejects.toMatchObject({ kind: 'unreadable', message: textWith('torn') })
    await store.remove('torn')
    expect((await store.list()).damaged).toHaveLength(2)
  })

  test.each([
    ['half a line', { metrics: jsonLines([epochMetrics(1)]) + '{"type":"step","st' }, 'a line is torn'],
    ['no metrics', { metrics: null }, 'metrics.jsonl is missing'],
    ['no checkpoints', { checkpoints: [] }, 'All checkpoints are missing'],
    ['no last checkpoint', { checkpoints: ['best'] }, 'last checkpoint is missing'],
    ['no optimizer', { checkpoints: ['last', 'best'] }, 'optimiser’s state is missing'],
    ['damaged notes', { notes: '{"tags":' }, 'notes.json is damaged'],
    [
      'no best checkpoint',
      {
        record: { best: { epoch: 1, monitor: 'val_acc' as const, value: 0.5 } },
        checkpoints: ['last', 'last.optimizer'],
      },
      'best checkpoint is missing',
    ],
  ])('a run with %s is listed, with what is wrong', async (_what, parts, words) => {
    await using home = await TemporaryFolder.make()
    const store = storeIn(home.path)
    await addRun(store, 'run', parts)
    const { runs, damaged } = await store.list()
    expect(damaged).toEqual([])
    expect(runs[0]?.problems).toEqual([textWith(words)])
  })

  test('an empty checkpoint is none', async () => {
    await using home = await TemporaryFolder.make()
    const store = storeIn(home.path)
    const folder = await addRun(store, 'run')
    await writeFile(path.join(folder, 'checkpoints', 'last.safetensors'), '')
    const [run] = (await store.list()).runs
    expect(run?.checkpoints).toEqual(['best'])
    expect(run?.problems).toEqual([textWith('last checkpoint')])
  })

  test('the half line of a run that is being trained is no damage', async () => {
    await using home = await TemporaryFolder.make()
    const store = storeIn(home.path)
    const metrics = jsonLines([epochMetrics(1)]) + '{"type":"step","st'
    await addRun(store, 'run', { record: { status: 'running', processId: process.pid }, metrics, checkpoints: [] })
    expect((await store.list()).runs[0]).toMatchObject({ record: { status: 'running' }, problems: [] })
  })

  test('a record of an earlier format opens', async () => {
    await using home = await TemporaryFolder.make()
    const store = storeIn(home.path)
    const config = { data: { dataset: 'sample:digits', imageSize: 32 }, model: { preset: 'Ti/16' } }
    await addRun(store, 'early', { record: JSON.stringify({ name: 'First try', status: 'finished', config }) })
    const { runs } = await store.list()
    expect(runs[0]).toMatchObject({ record: { id: 'early', name: 'First try', config: { seed: 42 } }, problems: [] })
    expect((await store.get('early')).lastEpoch).toEqual(epochMetrics(1))
  })
})

describe('notes', () => {
  test('are kept in a file of their own, and the record is left alone', async () => {
    await using home = await TemporaryFolder.make()
    const store = storeIn(home.path)
    const folder = await addRun(store, 'run')
    await addRun(store, 'other')
    const record = await readFile(path.join(folder, 'run.json'), 'utf8')
    await store.annotate(['run'], { tags: ['good'], text: 'Learns fast.' })
    await store.annotate(['run', 'other'], { addTags: ['good', 'seed study'], isArchived: true })
    const notes = new Map((await store.list()).runs.map((run) => [run.record.id, run.notes]))
    expect(notes.get('run')).toEqual({
      format: 1,
      tags: ['good', 'seed study'],
      text: 'Learns fast.',
      isArchived: true,
    })
    expect(notes.get('other')).toEqual({ format: 1, tags: ['good', 'seed study'], text: '', isArchived: true })
    expect(await readFile(path.join(folder, 'run.json'), 'utf8')).toBe(record)
    await expect(store.annotate(['run', 'nowhere'], { text: '' })).rejects.toMatchObject({ kind: 'not-found' })
    expect(JSON.parse(await readFile(path.join(folder, 'notes.json'), 'utf8'))).toMatchObject({ text: 'Learns fast.' })
  })
})

describe('index', () => {
  const indexOf = (home: string) => path.join(home, 'runs-index.json')

  test('is made from the folders, and made again when it is lost, damaged or false', async () => {
    await using home = await TemporaryFolder.make()
    await addRun(storeIn(home.path), 'a', { record: { createdAt: '2026-01-01T00:00:00.000Z' } })
    await addRun(storeIn(home.path), 'b', { record: null })
    const first = await storeIn(home.path).list()
    const listed = ({ runs, damaged }: typeof first) => ({ runs, damaged })
    const whole = await readFile(indexOf(home.path), 'utf8')
    const damages = [
      null,
      '',
      '{"layout":',
      whole.slice(0, -10),
      whole.replace('"Shapes"', '"Forged"'),
      whole.replace(/"layout":"./, '"layout":"-'),
    ]
    for (const text of damages) {
      if (text === null) await rm(indexOf(home.path))
      else await writeFile(indexOf(home.path), text)
      expect(listed(await storeIn(home.path).list())).toEqual(listed(first))
      expect((await readFile(indexOf(home.path), 'utf8')).length).toBe(whole.length)
    }
  })

  test('what has not changed is not read again; what has, is', async () => {
    await using home = await TemporaryFolder.make()
    const folder = await addRun(storeIn(home.path), 'run', { metrics: jsonLines([epochMetrics(1)]) })
    const file = path.join(folder, 'run.json')
    const text = await readFile(file, 'utf8')
    const write = async (words: string) => {
      await writeFile(file, words)
      await utimes(file, 1_700_000_000, 1_700_000_000)
    }
    await write(text)
    await storeIn(home.path).list()
    // Only someone who reads the record again could see this: size and time are as before.
    await write(text.replace('"Shapes"', '"Forged"'))
    const store = storeIn(home.path)
    expect((await store.list()).runs[0]?.record.name).toBe('Shapes')

    await appendFile(path.join(folder, 'metrics.jsonl'), jsonLines([epochMetrics(2)]))
    expect((await store.list()).runs[0]).toMatchObject({ record: { name: 'Forged' }, lastEpoch: { epoch: 2 } })
    await store.rename('run', 'Better')
    expect((await store.list()).runs[0]?.record.name).toBe('Better')
    await rm(path.join(folder, 'checkpoints', 'best.safetensors'))
    expect((await store.list()).runs[0]?.checkpoints).toEqual(['last'])
    await rm(folder, { recursive: true })
    expect((await store.list()).runs).toEqual([])
  })

  test('folders are where the home is now', async () => {
    await using home = await TemporaryFolder.make()
    const before = path.join(home.path, 'before')
    const after = path.join(home.path, 'after')
    await addRun(storeIn(before), 'run')
    await storeIn(before).list()
    await rename(before, after)
    expect((await storeIn(after).list()).runs[0]?.folder).toBe(path.join(after, 'runs', 'run'))
  })

  test('a run that was running is looked at again, although its folder has not changed', async () => {
    await using home = await TemporaryFolder.make()
    const store = storeIn(home.path)
    await addRun(store, 'run', { record: { status: 'running', processId: process.pid } })
    expect((await store.list()).runs[0]?.record.status).toBe('running')
    const kill = vi.spyOn(process, 'kill').mockImplementation(() => {
      throw Object.assign(new Error('no such process'), { code: 'ESRCH' })
    })
    const after = await store.list()
    kill.mockRestore()
    expect(after.runs[0]?.record.status).toBe('interrupted')
  })

  test('a thousand runs are listed alike from their folders, from memory and by the index', async () => {
    await using home = await TemporaryFolder.make()
    const store = storeIn(home.path)
    const metrics = jsonLines([...Array.from({ length: 100 }, (_, step) => stepMetrics(step + 1)), epochMetrics(1)])
    for (let index = 0; index < 1000; index++) {
      const createdAt = new Date(Date.UTC(2026, 0, 1) + index * 60_000).toISOString()
      await addRun(store, `run-${index}`, { record: { createdAt }, metrics })
    }
    const timed = async (from: RunStore) => {
      const start = performance.now()
      const list = await from.list()
      return { list, ms: performance.now() - start }
    }
    const cold = await timed(store)
    const warm = await timed(store)
    const restarted = await timed(storeIn(home.path))
    for (const { list } of [cold, warm, restarted]) {
      expect(list.runs).toHaveLength(1000)
      expect(list.runs[0]?.record.id).toBe('run-999')
      expect(list.runs.at(-1)).toEqual(cold.list.runs.at(-1))
    }
  }, 120_000)
})
