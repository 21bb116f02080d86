import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Page } from 'playwright'
import sharp from 'sharp'
import { z } from 'zod'
import { expect, test, VitrineApp } from '../e2e/fixtures'
import { askMain } from './askMain'
import { familyOf } from './processes'
import { checkCheckpoints, epochsDone, longRun, record, startRun } from './trainedRun'

/** Engines that are killed, hang, or run out of memory. Killing one that trains is in badInput.spec.ts. */

const checkout = path.resolve(import.meta.dirname, '..', '..')

test.skip(process.platform !== 'linux', 'processes are found and stopped as Linux does it')

async function open(page: Page, name: string): Promise<void> {
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name }).click()
}

/** Engines that are alive. */
async function enginesOf(app: VitrineApp): Promise<number[]> {
  const family = await familyOf(app.electron.process().pid ?? -1)
  const commands = await Promise.all(
    family.map((member) => readFile(`/proc/${member}/cmdline`, 'utf8').catch(() => '')),
  )
  return family.filter((_member, index) => commands[index]?.includes(path.join('engine', 'serve.js')))
}

async function pictures(folder: string, count: number): Promise<void> {
  for (let image = 0; image < count; image++) {
    const place = path.join(folder, image % 2 === 0 ? 'day' : 'night')
    await mkdir(place, { recursive: true })
    const background = image % 2 === 0 ? '#dddd33' : '#111144'
    await sharp({ create: { width: 900, height: 900, channels: 3, background } })
      .png()
      .toFile(path.join(place, `${image}.png`))
  }
}

test('an engine that is killed while it inspects is replaced, and the next question is answered', async ({
  app,
  page,
}) => {
  expect(await askMain(page, 'doctor', {})).toMatchObject({ ok: true })
  const [inspector] = await enginesOf(app)
  if (inspector === undefined) throw new Error('there is no engine')
  // So that it is killed in the middle of the question, however short that is.
  process.kill(inspector, 'SIGSTOP')
  const question = askMain(page, 'inspect.augment', {
    dataset: 'sample:shapes',
    augment: 'tutorial',
    imageSize: null,
    record: null,
    count: 64,
    seed: 1,
  })
  await askMain(page, 'app.info', {})
  process.kill(inspector, 'SIGKILL')
  expect(await question).toMatchObject({ ok: false, error: { kind: 'engine-lost' } })
  expect(await askMain(page, 'doctor', {})).toMatchObject({ ok: true })
  expect(await enginesOf(app)).not.toContain(inspector)
})

test('an engine that is killed while it prepares: a sentence, and the preparation goes on where it was', async ({
  app,
  page,
  folder,
}) => {
  const source = path.join(folder, 'sky')
  await pictures(source, 120)
  const before = await enginesOf(app)
  const prepared = z
    .object({ value: z.object({ dataset: z.string() }) })
    .parse(await askMain(page, 'datasets.prepare', { source, name: 'Sky', imageSize: 224, valFraction: 0.2 })).value
  let worker: number | undefined
  await expect
    .poll(async () => {
      worker = (await enginesOf(app)).find((engine) => !before.includes(engine))
      const journal = path.join(
        path.dirname(prepared.dataset),
        `.${path.basename(prepared.dataset)}.partial`,
        'journal.jsonl',
      )
      return worker !== undefined && (await readFile(journal, 'utf8').catch(() => '')).split('\n').length > 3
    })
    .toBe(true)
  process.kill(worker ?? NaN, 'SIGKILL')
  await expect(page.getByText('The engine stopped while preparing the dataset').first()).toBeVisible()
  expect(await askMain(page, 'datasets.unfinished', {})).toMatchObject({
    value: { preparations: [{ dataset: prepared.dataset, total: 120 }] },
  })
  expect(await askMain(page, 'datasets.resume', { dataset: prepared.dataset })).toMatchObject({ ok: true })
  await expect
    .poll(() => readFile(path.join(prepared.dataset, 'dataset.json'), 'utf8').catch(() => ''), { timeout: 60_000 })
    .toMatch(/"trainCount":\s*96/)
})

test('an engine that hangs while it trains: the window says so, and the run goes on when it wakes', async ({
  app,
  page,
}) => {
  const run = await startRun(page, app.home, longRun)
  await open(page, 'Train')
  await expect.poll(() => epochsDone(run), { timeout: 90_000 }).toBeGreaterThan(0)
  const trainer = (await record(run))?.processId ?? NaN
  process.kill(trainer, 'SIGSTOP')
  await expect(page.getByText(/No answer from the engine|not answering/).first()).toBeVisible({ timeout: 60_000 })
  const epochs = await epochsDone(run)
  process.kill(trainer, 'SIGCONT')
  await expect(page.getByText(/No answer from the engine|not answering/)).toHaveCount(0, { timeout: 30_000 })
  await expect.poll(() => epochsDone(run)).toBeGreaterThan(epochs)
  process.kill(trainer, 'SIGSTOP')
  const { jobs } = z
    .object({ value: z.object({ jobs: z.array(z.object({ id: z.string(), kind: z.string() })) }) })
    .parse(await askMain(page, 'jobs.list', {})).value
  await askMain(page, 'jobs.cancel', { jobId: jobs.find(({ kind }) => kind === 'train')?.id })
  await expect.poll(async () => (await record(run))?.status).toBe('cancelled')
  expect(await checkCheckpoints(run)).toContain('last.safetensors')
})

test('an engine without memory ends with a sentence about memory, and the window goes on', async ({ folder }) => {
  const runtime = z
    .object({ node: z.string() })
    .parse(JSON.parse(await readFile(path.join(checkout, '.vitrine', 'runtime.json'), 'utf8')))
  // A Node whose processes may grow to little more than TensorFlow itself takes.
  const starved = path.join(folder, 'starved-node')
  const node = path.resolve(checkout, runtime.node)
  await writeFile(starved, `#!/bin/sh\nulimit -v 5000000\nexec '${node}' "$@"\n`)
  await chmod(starved, 0o755)
  process.env['VITRINE_NODE'] = starved
  try {
    await using app = await VitrineApp.launch(folder)
    const page = await app.window()
    const huge = { ...longRun, model: { ...longRun.model, patchSize: 4, embedDim: 768, depth: 12, numHeads: 12 } }
    const run = await startRun(page, app.home, { ...huge, data: { dataset: 'sample:shapes', augment: 'none' } })
    await open(page, 'Train')
    await expect
      .poll(async () => JSON.stringify(await askMain(page, 'jobs.list', {})), { timeout: 150_000 })
      .toMatch(/memory/i)
    const reason = (await record(run))?.reason ?? 'memory'
    expect(reason).toMatch(/memory/i)
    await open(page, 'Data')
    await expect(page.getByText('Shapes').first()).toBeVisible()
  } finally {
    delete process.env['VITRINE_NODE']
  }
})
