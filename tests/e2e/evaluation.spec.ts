import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from './fixtures'

const run = promisify(execFile)
const command = path.resolve(import.meta.dirname, '..', '..', 'scripts', 'vitrine.mjs')

/** A model that knows little, trained by the headless command into the app's home. */
async function trainBriefly(home: string): Promise<void> {
  await mkdir(home, { recursive: true })
  const config = path.join(home, 'brief.json')
  await writeFile(
    config,
    JSON.stringify({
      name: 'brief',
      data: { dataset: 'sample:digits', augment: 'none' },
      model: { patchSize: 8, embedDim: 32, depth: 2, numHeads: 2, mlpRatio: 2 },
      train: { epochs: 1, maxSteps: 40, optimizer: { lr: 3e-3 }, schedule: { name: 'constant', warmupEpochs: 0 } },
    }),
  )
  await run(process.execPath, [command, 'train', config], { env: { ...process.env, VITRINE_HOME: home } })
}

test('evaluate a run, open a confusion, look at one of its images', async ({ folder, app, page }) => {
  await trainBriefly(path.join(folder, 'home'))
  expect(app.home).toBe(path.join(folder, 'home'))
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Runs' }).click()
  await page.getByRole('link', { name: 'brief' }).click()
  await page.getByRole('tab', { name: 'Evaluation' }).click()
  await expect(page.getByText('Not evaluated yet')).toBeVisible()

  await page.getByRole('button', { name: 'Evaluate…' }).click()
  await page.getByRole('form', { name: 'Evaluate' }).getByRole('button', { name: 'Evaluate' }).click()
  await expect(page.getByRole('img', { name: 'Reliability diagram' })).toBeVisible({ timeout: 60_000 })
  await expect(page.getByLabel('Figures')).toContainText('Accuracy')

  await page.getByRole('tab', { name: 'Errors' }).click()
  await expect(page.getByRole('img', { name: 'Confusion matrix' })).toBeVisible()
  await page.getByRole('combobox', { name: 'Confused classes' }).click()
  const largest = page.locator('.n-base-select-option').first()
  const [label = '', rest = ''] = (await largest.innerText()).split(' → ')
  await largest.click()
  const images = page.getByRole('list', { name: 'Images' }).getByRole('button')
  await expect(images.first()).toHaveAccessibleName(new RegExp(`Label ${label} .*prediction ${rest.split(' ')[0]} `))

  await images.first().click()
  await expect(page.getByRole('img', { name: 'Attention map' })).toBeVisible({ timeout: 60_000 })
  await expect(page.getByText(`Label: ${label}`)).toBeVisible()
})
