import { readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { QueueState } from '@shared/contract/queue'
import { VitrineError, type FailureKind } from '@shared/errors'
import type { TrainingNotice } from '@shared/trainingNotices'
import type { JobEnd } from '../../../src/main/host/jobs'
import { TrainingQueue } from '../../../src/main/host/trainingQueue'
import { TrainingQueueFolder, type WaitingRun } from '../../../src/main/host/trainingQueueFolder'
import { runConfig, runRecord } from '../../support/records'
import { TemporaryFolder } from '../../support/temporaryFolder'

let home: TemporaryFolder
beforeEach(async () => {
  home = await TemporaryFolder.make()
})
afterEach(() => home[Symbol.asyncDispose]())

function run(runId: string, resume = false): WaitingRun {
  return { runId, title: `Run ${runId}`, resume, config: runConfig({ name: runId }) }
}

function folder(): TrainingQueueFolder {
  return new TrainingQueueFolder(path.join(home.path, 'queue'), path.join(home.path, 'runs'))
}

const endedJob = {
  id: 'job',
  kind: 'train',
  title: '',
  startedAt: '',
  progress: null,
  failure: null,
} as const

/** A queue whose runs end when the test says so. */
class Session {
  readonly started: string[] = []
  readonly states: QueueState[] = []
  others: TrainingNotice[] = []
  readonly queue: TrainingQueue
  private end: (end: JobEnd<'train'>) => void = () => undefined

  constructor() {
    this.queue = new TrainingQueue({
      folder: folder(),
      train: ({ runId }) => {
        this.started.push(runId)
        const ended = new Promise<JobEnd<'train'>>((resolve) => (this.end = resolve))
        return { jobId: `job of ${runId}`, ended }
      },
      others: () => Promise.resolve(this.others),
      onChange: (state) => this.states.push(state),
      pollMs: 10,
    })
  }

  static async open(): Promise<Session> {
    const session = new Session()
    await session.queue.open()
    return session
  }

  async finish(status: 'finished' | 'paused' | 'stopped' = 'finished'): Promise<void> {
    const seen = this.states.length
    const state = { ...endedJob, runId: null, phase: 'finished' } as const
    this.end({ result: { ok: true, value: { run: runRecord({ status }) } }, state, pid: 1 })
    await vi.waitFor(() => expect(this.states.length).toBeGreaterThan(seen))
  }

  async fail(kind: FailureKind, pid: number | null = 1): Promise<void> {
    const seen = this.states.length
    const error = { kind, message: `It was ${kind}.` }
    const state = { ...endedJob, runId: null, phase: 'failed' } as const
    this.end({ result: { ok: false, error }, state, pid })
    await vi.waitFor(() => expect(this.states.length).toBeGreaterThan(seen))
  }

  async waiting(): Promise<string[]> {
    return (await this.queue.state()).runs.map(({ runId }) => runId)
  }
}

describe('a queue', () => {
  test('starts the first run at once and the others one after another', async () => {
    const session = await Session.open()
    expect(await session.queue.add([run('a')])).toEqual([{ runId: 'a', jobId: 'job of a' }])
    expect(await session.queue.add([run('b'), run('c')])).toEqual([
      { runId: 'b', jobId: null },
      { runId: 'c', jobId: null },
    ])
    expect(session.started).toEqual(['a'])
    expect(session.states.at(-1)).toMatchObject({
      runs: [{ runId: 'b', title: 'Run b', dataset: 'sample:shapes', resume: false }, { runId: 'c' }],
      hold: null,
    })
    await session.finish()
    expect(session.started).toEqual(['a', 'b'])
    expect(await session.waiting()).toEqual(['c'])
    await session.finish('stopped')
    await session.finish()
    expect(session.started).toEqual(['a', 'b', 'c'])
    expect(await readdir(path.join(home.path, 'queue'))).toEqual([])
  })

  test('is put in another order, by any number of moves', async () => {
    const session = await Session.open()
    await session.queue.add(['now', 'a', 'b', 'c', 'd'].map((id) => run(id)))
    await session.queue.move('d', 0)
    await session.queue.move('a', 3)
    expect(await session.waiting()).toEqual(['d', 'b', 'c', 'a'])
    // Halving the place between two neighbours ends somewhere: there all get new numbers.
    for (let move = 0; move < 26; move++) await session.queue.move(move % 2 === 0 ? 'c' : 'b', 1)
    expect(await session.waiting()).toEqual(['d', 'b', 'c', 'a'])
    await expect(session.queue.move('now', 0)).rejects.toMatchObject({ kind: 'not-found' })
  })

  test('gives removed runs back to where they were', async () => {
    const session = await Session.open()
    await session.queue.add(['now', 'a', 'b', 'c'].map((id) => run(id)))
    await session.queue.remove(['a', 'b', 'nothing'])
    expect(await session.waiting()).toEqual(['c'])
    await session.queue.restore(['a', 'b'])
    expect(await session.waiting()).toEqual(['a', 'b', 'c'])
  })

  test('takes a run once', async () => {
    const session = await Session.open()
    await session.queue.add([run('now'), run('a', true)])
    await expect(session.queue.add([run('a', true)])).rejects.toThrow('“Run a” waits in the queue already.')
  })

  test('holds while it is paused, and lets a new run go before when the device is free', async () => {
    const session = await Session.open()
    await session.queue.add([run('now'), run('a')])
    await session.queue.pause()
    await session.finish()
    expect(session.started).toEqual(['now'])
    expect(session.states.at(-1)?.hold).toEqual({ why: 'paused' })
    await session.queue.add([run('b')])
    expect(session.started).toEqual(['now', 'b'])
    await session.finish()
    expect(session.started).toEqual(['now', 'b'])
    await session.queue.goOn()
    expect(session.started).toEqual(['now', 'b', 'a'])
  })

  test('goes on after a run that failed, and holds where the next would fail too', async () => {
    const session = await Session.open()
    await session.queue.add(['now', 'a', 'b', 'c', 'd'].map((id) => run(id)))
    await session.fail('not-finite')
    await session.fail('cancelled')
    expect(session.started).toEqual(['now', 'a', 'b'])
    await session.fail('disk-full')
    expect(session.started).toEqual(['now', 'a', 'b'])
    expect(session.states.at(-1)?.hold).toEqual({ why: 'failure', message: 'It was disk-full.' })
    await session.queue.goOn()
    await session.fail('unavailable', null)
    expect(session.started).toEqual(['now', 'a', 'b', 'c'])
    expect(await session.waiting()).toEqual(['d'])
  })

  test('is held with a run that was paused, and goes on with it', async () => {
    const session = await Session.open()
    await session.queue.add([run('now'), run('a')])
    await session.finish('paused')
    expect(session.states.at(-1)?.hold).toEqual({ why: 'run-paused', runId: 'now' })
    await session.queue.add([run('now', true)])
    await session.finish()
    expect(session.started).toEqual(['now', 'now', 'a'])
  })

  test('waits for trainings elsewhere, unless it is told not to', async () => {
    const session = await Session.open()
    session.others = [{ owner: { processId: 7, startMark: null }, title: 'Long', by: 'terminal' }]
    expect(await session.queue.add([run('a')])).toEqual([{ runId: 'a', jobId: null }])
    await session.queue.add([run('b'), run('c')])
    expect(session.states.at(-1)?.waitsFor).toEqual([{ title: 'Long', by: 'terminal' }])
    await session.queue.startNow('b')
    expect(session.started).toEqual(['b'])
    await expect(session.queue.startNow('c')).rejects.toMatchObject({ kind: 'unavailable' })
    await session.finish()
    expect(session.started).toEqual(['b'])
    session.others = []
    await vi.waitFor(() => expect(session.started).toEqual(['b', 'a']))
    session.queue.close()
  })

  test('starts nothing while the app is closed', async () => {
    const session = await Session.open()
    await session.queue.add([run('now'), run('a')])
    session.queue.close()
    await session.finish('paused')
    expect(session.started).toEqual(['now'])
    expect(await session.waiting()).toEqual(['a'])
  })
})

describe('the next session', () => {
  test('finds what waited, in its order, and holds it until somebody says so', async () => {
    const first = await Session.open()
    await first.queue.add(['now', 'a', 'b', 'c'].map((id) => run(id)))
    await first.queue.move('c', 0)
    first.queue.close()

    const second = await Session.open()
    expect(second.states.at(-1)).toMatchObject({ hold: { why: 'app-start' } })
    expect(await second.waiting()).toEqual(['c', 'a', 'b'])
    expect(second.started).toEqual([])
    await second.queue.goOn()
    expect(second.started).toEqual(['c'])
    const [entry] = await folder().list()
    expect(entry?.config).toEqual(runConfig({ name: 'a' }))
  })

  test('puts back a run that was taken out but never came to its record', async () => {
    const first = await Session.open()
    await first.queue.add(['now', 'a', 'b'].map((id) => run(id)))
    await first.finish()
    expect(first.started).toEqual(['now', 'a'])
    first.queue.close()

    const second = await Session.open()
    expect(await second.waiting()).toEqual(['a', 'b'])
  })

  test('is not disturbed by a damaged file, and leaves it where it is', async () => {
    const first = await Session.open()
    await first.queue.add(['now', 'a', 'b'].map((id) => run(id)))
    first.queue.close()
    const file = path.join(home.path, 'queue', 'a.json')
    const half = (await readFile(file, 'utf8')).slice(0, 100)
    await writeFile(file, half)

    const second = await Session.open()
    expect(await second.waiting()).toEqual(['b'])
    expect(await readFile(file, 'utf8')).toBe(half)
  })
})

test('two windows on one home never start the same run', async () => {
  const [one, two] = [folder(), folder()]
  await one.add(Array.from({ length: 20 }, (_, index) => run(String(index))))
  const claims = await Promise.all((await two.list()).flatMap(({ runId }) => [one.claim(runId), two.claim(runId)]))
  expect(claims.filter((claimed) => claimed)).toHaveLength(20)
})

test('an id that is no plain name is refused', async () => {
  await expect(folder().remove('../settings')).rejects.toBeInstanceOf(VitrineError)
})
