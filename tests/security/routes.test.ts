import { createHash } from 'node:crypto'
import { mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { failureSchema } from '@shared/contract/records'
import { isWindowRoute, windowRoutes } from '@shared/contract/windowRoutes'
import { dispatch } from '../../src/main/handlers/dispatch'
import { HeadlessMain } from '../support/headlessMain'
import { NodeBundle } from '../support/nodeBundle'
import { datasetManifest, runRecord } from '../support/records'
import { TemporaryFolder } from '../support/temporaryFolder'
import { hostileInputs, hostileNames } from './hostileValues'

/** Every request that the window can make, with inputs that no honest window would send. */

const runsOfEach = 40
const answerSchema = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), value: z.unknown() }),
  z.object({ ok: z.literal(false), error: failureSchema.refine(({ message }) => message.length > 0) }),
])

let bundle: NodeBundle
let folder: TemporaryFolder
let outside: string
let before: string[]
let main: HeadlessMain
const startedIn = process.cwd()
const builtIns = Object.getOwnPropertyNames(Object.prototype)

beforeAll(async () => {
  bundle = await NodeBundle.build('tests/support/childEngine.ts')
})
afterAll(() => bundle[Symbol.asyncDispose]())

async function writeDataset(dataset: string): Promise<void> {
  await mkdir(dataset, { recursive: true })
  const manifest = datasetManifest()
  const count = manifest.trainCount + manifest.valCount
  await writeFile(path.join(dataset, 'dataset.json'), JSON.stringify(manifest))
  await writeFile(path.join(dataset, 'images.u8'), Buffer.alloc(count * manifest.imageSize ** 2 * 3))
  await writeFile(path.join(dataset, 'labels.json'), JSON.stringify(Array.from({ length: count }, () => 0)))
  const origins = Array.from({ length: count }, (_, index) => ({ file: `${index}.png`, width: 2, height: 2 }))
  await writeFile(path.join(dataset, 'records.json'), JSON.stringify(origins))
}

async function writeRun(run: string): Promise<void> {
  await mkdir(path.join(run, 'checkpoints'), { recursive: true })
  await writeFile(path.join(run, 'run.json'), JSON.stringify(runRecord({ id: path.basename(run) })))
  await writeFile(path.join(run, 'checkpoints', 'best.safetensors'), 'no weights')
}

/** Names and contents of everything below a folder. */
async function contents(below: string): Promise<string[]> {
  const names = await readdir(below, { recursive: true })
  const lines = names.map(async (name) => {
    const file = path.join(below, name)
    const isFile = (await stat(file)).isFile()
    return isFile
      ? `${name} ${createHash('sha256')
          .update(await readFile(file))
          .digest('hex')}`
      : name
  })
  return (await Promise.all(lines)).sort()
}

beforeEach(async () => {
  folder = await TemporaryFolder.make()
  outside = path.join(folder.path, 'outside')
  const home = path.join(folder.path, 'home')
  await writeDataset(path.join(outside, 'set'))
  await writeRun(path.join(outside, 'run'))
  await mkdir(path.join(outside, '.set.partial'))
  await writeFile(path.join(outside, '.set.partial', 'journal.jsonl'), '{}\n')
  await writeDataset(path.join(home, 'datasets', 'flowers'))
  await writeRun(path.join(home, 'runs', 'first'))
  before = await contents(outside)
  // A name without a folder would lead here.
  process.chdir(outside)
  main = new HeadlessMain(home, bundle.entry)
})

afterEach(async () => {
  process.chdir(startedIn)
  await main[Symbol.asyncDispose]()
  await folder[Symbol.asyncDispose]()
})

/** What was hoped for is that nothing has happened. */
async function expectUntouched(): Promise<void> {
  expect(await contents(outside)).toEqual(before)
  expect((await readdir(folder.path)).sort()).toEqual(['home', 'outside'])
  expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(builtIns)
  expect({}).not.toHaveProperty('polluted')
}

describe('a request of the window', () => {
  test.each(Object.keys(windowRoutes))('%s answers hostile inputs with a result', async (route) => {
    if (!isWindowRoute(route)) throw new Error(`${route} is no route`)
    const { home } = main
    const known = [
      'first',
      '../../outside/run',
      'sample:shapes',
      'sample:digits',
      path.join(home, 'datasets', 'flowers'),
      path.join(home, 'datasets', '..', '..', 'outside', 'set'),
      path.join(outside, 'set'),
      path.join(outside, 'run', 'checkpoints', 'best.safetensors'),
      home,
      'set',
    ]
    await fc.assert(
      fc.asyncProperty(hostileInputs(windowRoutes[route].input, known), async (input) => {
        const answer = answerSchema.parse(await dispatch(main.handlers, route, structuredClone(input)))
        // Whatever is sent, the fault is the sender's.
        if (!answer.ok) expect(answer.error).not.toMatchObject({ kind: 'internal' })
      }),
      { numRuns: runsOfEach },
    )
    await expectUntouched()
  })

  test.each([
    ['corrections.change', { dataset: 'SET', changes: [{ index: 0, to: 'left-out' }] }],
    ['datasets.rename', { dataset: 'SET', name: 'Mine' }],
    ['datasets.remove', { dataset: 'SET' }],
    ['datasets.update', { dataset: 'SET' }],
    ['datasets.deduplicate', { dataset: 'SET', action: 'drop' }],
    ['datasets.resume', { dataset: 'SET' }],
    ['datasets.discard', { dataset: 'SET' }],
    ['runs.rename', { runId: '../../outside/run', name: 'Mine' }],
    ['runs.remove', { runId: '../../outside/run' }],
    ['runs.resume', { runId: '../../outside/run' }],
    ['runs.annotate', { runIds: ['../../outside/run'], change: { notes: 'Mine' } }],
    ['evaluations.start', { runId: '../../outside/run', checkpoint: 'best', split: 'val', flip: false }],
  ])('%s changes nothing outside the home', async (route, input) => {
    const set = path.join(outside, 'set')
    const sent: unknown = JSON.parse(JSON.stringify(input).replaceAll('SET', set))
    expect(await dispatch(main.handlers, route, sent)).toMatchObject({ ok: false, error: { kind: 'not-found' } })
    await expectUntouched()
  })

  test('that has no known name is refused, whatever stands in its place', async () => {
    await fc.assert(
      fc.asyncProperty(hostileNames, hostileNames, async (name, input) => {
        const answer = answerSchema.parse(await dispatch(main.handlers, structuredClone(name), structuredClone(input)))
        expect(answer).toMatchObject({ ok: false, error: { message: expect.stringMatching(/^There is no request “/) } })
      }),
      { numRuns: 200 },
    )
    await expectUntouched()
  })
})
