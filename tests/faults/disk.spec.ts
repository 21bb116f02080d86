import { execFile } from 'node:child_process'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { expect, test, VitrineApp } from '../e2e/fixtures'
import { askMain } from './askMain'
import { checkCheckpoints, epochsDone, longRun, metrics, record, startRun } from './trainedRun'

/** Disks that fill up and folders that go while a run is trained. */

const run = promisify(execFile)
const mayMount = process.platform === 'linux' && process.getuid?.() === 0

test('a disk that fills up in the middle of a checkpoint: the last one stays whole, and the run goes on later', async ({
  folder,
}) => {
  test.skip(!mayMount, 'making a small disk needs root')
  const home = path.join(folder, 'home')
  await mkdir(home)
  await run('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'vitrine-test', home])
  try {
    await using app = await VitrineApp.launch(folder, home)
    const page = await app.window()
    const training = await startRun(page, home, longRun)
    await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Train' }).click()
    await expect.poll(() => epochsDone(training), { timeout: 90_000 }).toBeGreaterThan(1)
    // All but some kilobytes, which a checkpoint begins to fill.
    const filler = path.join(home, 'filler')
    await run('sh', ['-c', `dd if=/dev/zero of='${filler}' bs=64k 2>/dev/null; truncate -s -65536 '${filler}'`])
    await expect(page.getByText(/disk is full/i).first()).toBeVisible({ timeout: 60_000 })
    const names = await checkCheckpoints(training)
    expect(names).toEqual(expect.arrayContaining(['last.optimizer.safetensors', 'last.safetensors']))
    const epochs = await epochsDone(training)
    expect(epochs).toBeGreaterThan(1)

    await rm(filler)
    await askMain(page, 'runs.resume', { runId: path.basename(training) })
    await expect.poll(() => epochsDone(training), { timeout: 90_000 }).toBeGreaterThan(epochs)
    const resumed = (await metrics(training)).find(({ type }) => type === 'resume')
    expect(resumed).toBeDefined()
  } finally {
    await run('umount', ['--lazy', home])
  }
})

test('a run whose folder is removed while it trains ends with a sentence, and the next one can be trained', async ({
  app,
  page,
}) => {
  const training = await startRun(page, app.home, longRun)
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Train' }).click()
  await expect.poll(() => epochsDone(training), { timeout: 90_000 }).toBeGreaterThan(0)
  await rename(training, `${training}.away`)
  await rm(`${training}.away`, { recursive: true })
  await expect
    .poll(async () => JSON.stringify(await askMain(page, 'jobs.list', {})), { timeout: 90_000 })
    .toMatch(/"phase":"failed".*"message":"[^"]+\.?"/)
  const next = await startRun(page, app.home, { ...longRun, name: 'next' })
  await expect.poll(async () => (await record(next))?.status, { timeout: 60_000 }).toBe('running')
  await expect.poll(() => epochsDone(next), { timeout: 60_000 }).toBeGreaterThan(0)
})

test('damaged files of settings do not keep the window from opening', async ({ folder }) => {
  const userData = path.join(folder, 'user-data')
  await mkdir(userData, { recursive: true })
  for (const name of ['settings.json', 'window.json', 'recent.json'])
    await writeFile(path.join(userData, name), '{"theme":')
  await using app = await VitrineApp.launch(folder)
  const page = await app.window()
  await expect(page.getByRole('navigation', { name: 'Pages' })).toBeVisible()
})
