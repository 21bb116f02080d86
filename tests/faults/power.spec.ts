import { execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { z } from 'zod'
import { expect, test, VitrineApp } from '../e2e/fixtures'
import { askMain } from './askMain'
import { cutPower } from './processes'
import { checkCheckpoints, epochsDone, longRun, metrics, record, startRun } from './trainedRun'

/** The end of everything at once, two programs on one folder, and a clock that jumps. */

const checkout = path.resolve(import.meta.dirname, '..', '..')
const fakeClock = '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1'
const cuts = 3
const longestDelayMs = 700

test('power that goes at any moment costs nothing but what was not saved yet', async ({ folder }) => {
  test.skip(process.platform !== 'linux', 'processes are found as Linux does it')
  let training: string | null = null
  let saved = 0
  for (let cut = 0; cut < cuts; cut++) {
    const app = await VitrineApp.launch(folder)
    const page = await app.window()
    await expect(page.getByRole('navigation', { name: 'Pages' })).toBeVisible()
    if (training === null) training = await startRun(page, app.home, longRun)
    else {
      await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Runs' }).click()
      await expect(page.getByText(/interrupted/i).first()).toBeVisible()
      expect(await record(training)).toMatchObject({ status: 'interrupted' })
      const answer = await askMain(page, 'runs.resume', { runId: path.basename(training) })
      expect(answer).toMatchObject({ ok: true })
    }
    const run = training
    await expect.poll(() => epochsDone(run), { timeout: 60_000 }).toBeGreaterThan(saved + 1)
    await new Promise((resolve) => setTimeout(resolve, Math.random() * longestDelayMs))
    await cutPower(app.electron.process().pid ?? NaN)

    expect(await record(run)).toMatchObject({ status: 'running' })
    expect(await checkCheckpoints(run)).toEqual(
      expect.arrayContaining(['last.optimizer.safetensors', 'last.safetensors']),
    )
    saved = await epochsDone(run)
  }
  // Each went on from an epoch that the one before had finished: none was trained again.
  const lines = await metrics(training ?? '')
  const epochs = lines.flatMap(({ type, epoch }) => (type === 'epoch' && epoch !== undefined ? [epoch] : []))
  expect(epochs).toEqual(epochs.map((_, index) => index + 1))
  expect(lines.filter(({ type }) => type === 'resume')).toHaveLength(cuts - 1)
})

test('a second program on the same user data hands over and ends; the first goes on', async ({ folder }) => {
  await using app = await VitrineApp.launch(folder)
  const page = await app.window()
  await expect(page.getByRole('navigation', { name: 'Pages' })).toBeVisible()
  const { executable } = z
    .object({ electron: z.object({ executable: z.string() }) })
    .parse(JSON.parse(await readFile(path.join(checkout, '.vitrine', 'runtime.json'), 'utf8'))).electron
  const config = path.join(folder, 'mine.json')
  await writeFile(config, JSON.stringify({ data: { dataset: 'sample:shapes' }, model: { preset: 'S/32' }, colour: 1 }))
  const words = ['--no-sandbox', `--user-data-dir=${path.join(folder, 'user-data')}`, checkout, config]
  const second = spawn(executable, words, { env: { ...process.env, VITRINE_HOME: app.home }, stdio: 'ignore' })
  const code = await new Promise((resolve) => second.on('exit', resolve))
  expect(code).toBe(0)
  await expect(page.getByText('"colour" is not a known setting').first()).toBeVisible()
  expect(app.electron.windows()).toHaveLength(1)
})

test('a clock that jumps a day ahead and a week back changes no step of a training', async ({ folder }) => {
  test.skip(!existsSync(fakeClock), 'the library that shifts clocks (Debian: faketime) is not installed')
  const home = path.join(folder, 'home')
  await mkdir(home)
  const config = path.join(folder, 'clock.json')
  const short = { ...longRun, train: { ...longRun.train, epochs: 3 } }
  await writeFile(config, JSON.stringify(short))
  const shift = path.join(folder, 'shift')
  await writeFile(shift, '+0d')
  const command = path.join(checkout, 'out', 'main', 'engine', 'cli.js')
  const environment = { ...process.env, VITRINE_HOME: home, VITRINE_RESOURCES: path.join(checkout, 'out', 'resources') }
  const jumping = {
    ...environment,
    LD_PRELOAD: fakeClock,
    FAKETIME_TIMESTAMP_FILE: shift,
    FAKETIME_NO_CACHE: '1',
    DONT_FAKE_MONOTONIC: '1',
  }
  const jumped = path.join(folder, 'jumped')
  const training = promisify(execFile)(process.execPath, [command, 'train', config, '--out', jumped], { env: jumping })
  for (const [epoch, by] of ['+1d', '-7d'].entries()) {
    await expect.poll(() => epochsDone(jumped), { timeout: 90_000 }).toBeGreaterThan(epoch)
    await writeFile(shift, by)
  }
  await training
  const straight = path.join(folder, 'straight')
  await promisify(execFile)(process.execPath, [command, 'train', config, '--out', straight], { env: environment })
  const losses = async (run: string) =>
    (await metrics(run)).flatMap((line) => (line.type === 'step' ? [line['loss']] : []))
  expect(await losses(jumped)).toEqual(await losses(straight))
  expect(await record(jumped)).toMatchObject({ status: 'finished' })
  const seconds = (await metrics(jumped)).flatMap((line) => (line.type === 'epoch' ? [Number(line['seconds'])] : []))
  expect(seconds).toHaveLength(3)
  for (const epochSeconds of seconds) {
    expect(epochSeconds).toBeGreaterThan(0)
    expect(epochSeconds).toBeLessThan(120)
  }
})
