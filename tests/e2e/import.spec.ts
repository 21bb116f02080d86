import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Page } from 'playwright'
import { dropFolder } from './dropping'
import { expect, test, type VitrineApp } from './fixtures'
import { writeMixedPictures } from './mixedPictures'

/** A real folder of 2,000 PNG, JPEG and WebP files of odd sizes, into the window and through a training run. */

const count = 2000
let parent = ''
let pictures = ''

// Alone on two cores each takes a fraction of it.
test.describe.configure({ timeout: 300_000 })

test.beforeAll(async () => {
  parent = await mkdtemp(path.join(tmpdir(), 'vitrine-pictures-'))
  pictures = path.join(parent, 'mixed pictures')
  await writeMixedPictures(pictures, count)
})

test.afterAll(() => rm(parent, { recursive: true, force: true }))

/** Prepares what the dialog shows, at 32 px, and waits for the dataset. */
async function prepare(page: Page): Promise<void> {
  const dialog = page.getByRole('dialog', { name: 'Prepare images' })
  await expect(dialog.getByLabel('Source')).toHaveValue(pictures)
  await expect(dialog.getByText(/4 classes/)).toBeVisible({ timeout: 60_000 })
  await dialog.getByLabel('Image size').fill('32')
  await dialog.getByRole('button', { name: 'Prepare', exact: true }).click()
  const entry = page.getByRole('list', { name: 'Datasets' }).getByRole('button', { name: /^mixed pictures/ })
  await expect(entry).toContainText(/2\s000 images · 4 classes/, { timeout: 150_000 })
}

async function setField(page: Page, label: string, value: string): Promise<void> {
  const field = page.getByLabel(label, { exact: true })
  await field.fill(value)
  await field.press('Tab')
}

/** Lines of the only run's metrics. */
async function metricLines(app: VitrineApp): Promise<string[]> {
  const runs = path.join(app.home, 'runs')
  const [run] = await readdir(runs).catch((): string[] => [])
  if (run === undefined) return []
  const text = await readFile(path.join(runs, run, 'metrics.jsonl'), 'utf8').catch(() => '')
  return text.split('\n').filter((line) => line !== '')
}

test('a folder that is dropped becomes a dataset, and a model is trained on it', async ({ app, page }) => {
  await dropFolder(page, pictures)
  await prepare(page)
  await page.getByRole('button', { name: 'Train on this' }).click()
  await setField(page, 'Patch size', '8')
  await setField(page, 'Width', '32')
  await setField(page, 'Depth', '2')
  await setField(page, 'Heads', '2')
  // Three of them warm the learning rate up.
  await setField(page, 'Epochs', '4')
  await page.getByRole('button', { name: 'Start training' }).click()
  const live = page.getByRole('region', { name: 'Live training' })
  await expect(live.getByRole('button', { name: 'Inspect this model' })).toBeVisible({ timeout: 90_000 })
  const lines = await metricLines(app)
  const last: unknown = JSON.parse(lines.at(-1) ?? '{}')
  expect(last).toMatchObject({ type: 'epoch', epoch: 4, val_acc: expect.any(Number) })
})

test('a folder that is chosen in the dialog becomes a dataset', async ({ app, page }) => {
  await app.electron.evaluate(({ dialog }, chosen) => {
    dialog.showOpenDialog = () => Promise.resolve({ canceled: false, filePaths: [chosen] })
  }, pictures)
  await page.getByRole('button', { name: 'Prepare images…' }).first().click()
  await page.getByRole('dialog', { name: 'Prepare images' }).getByRole('button', { name: 'Folder…' }).click()
  await prepare(page)
  const panel = page.getByRole('region', { name: 'mixed pictures' })
  await panel.getByRole('tab', { name: 'Statistics' }).click()
  await expect(panel.getByText(/^1\s600$/).first()).toBeVisible()
  await expect(panel.getByText(/shorter side of the pictures has 23 to \d+ px/)).toBeVisible()
})
