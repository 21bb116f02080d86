import { execFile } from 'node:child_process'
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import type { Page } from 'playwright'
import sharp from 'sharp'
import { dropFile } from './dropping'
import { expect, test, VitrineApp } from './fixtures'

/** What a person can get wrong, in the window: one sentence each, and nothing lost. */

const run = promisify(execFile)

async function open(page: Page, name: string): Promise<void> {
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name }).click()
}

async function picture(file: string): Promise<void> {
  await sharp({ create: { width: 40, height: 30, channels: 3, background: '#3366aa' } })
    .png()
    .toFile(file)
}

test('a folder of one class is prepared, and training on it is refused in a sentence', async ({
  app,
  page,
  folder,
}) => {
  const oneClass = path.join(folder, 'animals')
  await mkdir(path.join(oneClass, 'cats'), { recursive: true })
  await Promise.all([1, 2, 3, 4].map((number) => picture(path.join(oneClass, 'cats', `${number}.png`))))
  await app.electron.evaluate(({ dialog }, chosen) => {
    dialog.showOpenDialog = () => Promise.resolve({ canceled: false, filePaths: [chosen] })
  }, oneClass)
  await open(page, 'Data')
  await page.getByRole('button', { name: 'Prepare images…' }).first().click()
  const dialog = page.getByRole('dialog', { name: 'Prepare images' })
  await dialog.getByRole('button', { name: 'Folder…' }).click()
  await expect(page.getByText(/only one class/i).first()).toBeVisible({ timeout: 60_000 })
})

test('files that are not what they seem are refused in a sentence', async ({ page, folder }) => {
  await open(page, 'Inspect')
  const text = path.join(folder, 'notes.jpg')
  await writeFile(text, 'This is no picture.')
  await dropFile(page, text)
  await expect(page.getByText(/notes\.jpg/).first()).toBeVisible()

  const config = path.join(folder, 'mine.json')
  await writeFile(config, JSON.stringify({ data: { dataset: 'sample:shapes' }, model: { preset: 'S/32' }, colour: 1 }))
  await dropFile(page, config)
  await expect(page.getByText('"colour" is not a known setting')).toBeVisible()

  const checkpoint = path.join(folder, 'broken.safetensors')
  await writeFile(checkpoint, Buffer.alloc(40, 7))
  await dropFile(page, checkpoint)
  await expect(page.getByText(/broken\.safetensors/).first()).toBeVisible()
})

test('sizes that do not fit each other are said beside their fields', async ({ page }) => {
  await open(page, 'Train')
  const patch = page.getByLabel('Patch size', { exact: true })
  await patch.fill('7')
  await patch.press('Tab')
  await expect(page.getByText('must divide the image: 64 px is not a multiple of 7 px').first()).toBeVisible()
  await patch.fill('8')
  const heads = page.getByLabel('Heads', { exact: true })
  await heads.fill('5')
  await heads.press('Tab')
  await expect(page.getByText(/must divide the width/).first()).toBeVisible()
  await expect(page.getByRole('button', { name: 'Start training' })).toBeDisabled()
})

/** The pid in the record of the only run, once it is there. */
async function trainerPid(app: VitrineApp): Promise<number> {
  const runs = path.join(app.home, 'runs')
  const [name] = await readdir(runs)
  if (name === undefined) throw new Error('there is no run')
  const record: unknown = JSON.parse(await readFile(path.join(runs, name, 'run.json'), 'utf8'))
  if (typeof record === 'object' && record !== null && 'processId' in record) return Number(record.processId)
  throw new Error('the record names no process')
}

/** Epochs that the only run has finished. */
async function epochsDone(app: VitrineApp): Promise<number> {
  const runs = path.join(app.home, 'runs')
  const [name] = await readdir(runs).catch((): string[] => [])
  if (name === undefined) return 0
  const text = await readFile(path.join(runs, name, 'metrics.jsonl'), 'utf8').catch(() => '')
  return text.split('\n').filter((line) => line.startsWith('{"type":"epoch"')).length
}

test('a trainer that is killed is told of; its last epoch opens and the run goes on', async ({ app, page }) => {
  await open(page, 'Train')
  await page.getByRole('button', { name: 'Start training' }).click()
  await expect.poll(() => epochsDone(app), { timeout: 110_000 }).toBeGreaterThan(1)
  process.kill(await trainerPid(app), 'SIGKILL')
  const live = page.getByRole('region', { name: 'Live training' })
  await expect(live.getByText('The engine stopped while training (killed by the system).')).toBeVisible()
  await live.getByRole('button', { name: 'Inspect this model' }).click()
  await expect(page.getByRole('tab', { name: 'Filters' })).toBeVisible()
  await page.getByRole('tab', { name: 'Filters' }).click()
  await expect(page.getByRole('img').first()).toBeVisible({ timeout: 60_000 })
})

const mayMount = process.platform === 'linux' && process.getuid?.() === 0

test('a full disk ends a run with a sentence', async ({ folder }) => {
  test.skip(!mayMount, 'making a small disk needs root')
  const home = path.join(folder, 'home')
  await mkdir(home)
  await run('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'vitrine-test', home])
  try {
    await using app = await VitrineApp.launch(folder, home)
    const page = await app.window()
    await open(page, 'Train')
    await page.getByRole('button', { name: 'Start training' }).click()
    await expect(page.getByText(/disk is full|no space/i).first()).toBeVisible({ timeout: 60_000 })
    await open(page, 'Data')
    await expect(page.getByText('Shapes').first()).toBeVisible()
  } finally {
    await run('umount', ['--lazy', home])
  }
})
