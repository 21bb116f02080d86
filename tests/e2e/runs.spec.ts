import { access, mkdir, readdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Locator, Page } from 'playwright'
import { trainBriefly } from './briefRun'
import { expect, test } from './fixtures'

/** Two epochs of a very small model. */
const tiny = {
  name: 'tiny seed 1',
  seed: 1,
  model: { patchSize: 8, embedDim: 16, depth: 1, numHeads: 2, mlpRatio: 2 },
  train: { epochs: 2, batchSize: 256, schedule: { name: 'constant', warmupEpochs: 0 } },
}

class RunsPage {
  readonly table: Locator
  readonly bar: Locator

  constructor(readonly page: Page) {
    this.table = page.getByLabel('Runs', { exact: true })
    this.bar = page.getByRole('toolbar', { name: 'Chosen runs' })
  }

  async open(): Promise<void> {
    await this.page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Runs' }).click()
  }

  row(name: string): Locator {
    return this.page.locator('.run-row').filter({ has: this.page.getByRole('link', { name, exact: true }) })
  }

  async chooseFromMenu(name: string, entry: string): Promise<void> {
    await this.row(name).click({ button: 'right' })
    await this.page.locator('.n-dropdown-option').filter({ hasText: entry }).click()
  }
}

test('two seeds of one configuration: train, compare, tag, archive, delete and undo', async ({ app, page }) => {
  test.setTimeout(240_000)
  const runs = new RunsPage(page)
  await runs.open()
  await expect(page.getByText('No runs yet')).toBeVisible()

  // A run of the command line appears by itself.
  await trainBriefly(app.home, tiny)
  await expect(runs.row('tiny seed 1')).toContainText('finished', { timeout: 30_000 })
  await runs.chooseFromMenu('tiny seed 1', 'with a new seed')
  await expect(runs.row('tiny seed 2')).toContainText('finished', { timeout: 120_000 })

  await runs.row('tiny seed 2').getByText('finished').click()
  await expect(runs.bar).toContainText('1 chosen')
  await page.keyboard.press('Control+a')
  await expect(runs.bar).toContainText('2 chosen')
  await runs.bar.getByRole('button', { name: 'Compare' }).click()
  await expect(page.getByRole('img', { name: 'Validation accuracy of all runs' })).toBeVisible()
  const compared = page.getByRole('list', { name: 'Compared runs' })
  await expect(compared.getByRole('listitem')).toHaveCount(2)
  await page.getByRole('switch', { name: 'Seeds together' }).click()
  await expect(compared.getByRole('listitem')).toHaveText(/A\s*tiny · 2 seeds/)
  await expect(page.getByText('band: lowest to highest seed')).toBeVisible()
  await page.getByRole('switch', { name: 'Seeds together' }).click()

  await page.getByRole('tab', { name: 'Settings', exact: true }).click()
  const settings = page.getByRole('table', { name: 'Settings side by side' })
  await expect(settings.getByRole('row', { name: /^Seed/ })).toContainText('1')
  await expect(settings.getByRole('row', { name: /^Batch size/ })).toHaveCount(0)
  await page.getByRole('switch', { name: 'Differences only' }).click()
  await expect(settings.getByRole('row', { name: /^Batch size/ })).toContainText('256')
  await page.getByRole('tab', { name: 'Settings against results' }).click()
  await expect(page.getByRole('img', { name: 'Best accuracy as bars' })).toBeVisible()

  await page.getByRole('button', { name: 'All runs' }).click()
  await runs.chooseFromMenu('tiny seed 2', 'Tags and notes…')
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('textbox', { name: 'Notes' }).fill('The second seed')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await expect(dialog).toBeHidden()
  await page.keyboard.press('/')
  await page.keyboard.type('second')
  await expect(page.locator('.run-row')).toHaveCount(1)
  await page.getByRole('textbox', { name: 'Search runs' }).fill('')

  await runs.chooseFromMenu('tiny seed 2', 'Archive')
  await expect(runs.row('tiny seed 2')).toHaveCount(0)
  await page.getByRole('combobox', { name: 'Archived runs' }).click()
  await page.locator('.n-base-select-option').filter({ hasText: 'Archived too' }).click()
  await expect(runs.row('tiny seed 2')).toHaveCount(1)

  await runs.row('tiny seed 2').getByText('finished').click()
  await page.keyboard.press('Delete')
  await expect(runs.row('tiny seed 2')).toHaveCount(0)
  await page.getByRole('status').getByRole('button', { name: 'Undo' }).click()
  await expect(runs.row('tiny seed 2')).toHaveCount(1)
  const folders = await readdir(path.join(app.home, 'runs'))
  const second = folders.find((name) => name.includes('tiny-seed-2')) ?? ''
  expect(folders).toHaveLength(2)

  await runs.row('tiny seed 2').getByText('finished').click()
  await page.keyboard.press('Delete')
  await expect
    .poll(
      () =>
        access(path.join(app.home, 'runs', second)).then(
          () => 'there',
          () => 'gone',
        ),
      { timeout: 30_000 },
    )
    .toBe('gone')
  await expect(page.locator('.run-row')).toHaveCount(1)
})

test('a damaged run is shown as such, with what can still be read', async ({ app, page }) => {
  const folder = path.join(app.home, 'runs', '2026-01-01-120000-broken-abcdef')
  await mkdir(folder, { recursive: true })
  await writeFile(path.join(folder, 'run.json'), '{\n  "format": 1,\n  "name": "Broken run",\n  "crea')
  await writeFile(
    path.join(folder, 'metrics.jsonl'),
    '{"type":"epoch","epoch":3,"lr":0.1,"train_loss":0.25,"train_acc":0.9,"val_loss":0.5,"val_acc":0.8,"seconds":2}\n',
  )
  const runs = new RunsPage(page)
  await runs.open()
  await expect(runs.row('Broken run')).toContainText('damaged', { timeout: 10_000 })
  await page.getByRole('link', { name: 'Broken run' }).click()
  await expect(page.getByRole('alert')).toContainText('run.json is torn')
  await expect(page.getByText('80.0')).toBeVisible()
  await expect(page.getByText('metrics.jsonl')).toBeVisible()
})
