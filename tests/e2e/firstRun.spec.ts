import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Page } from 'playwright'
import { dropFile } from './dropping'
import { expect, test } from './fixtures'

/** A small photograph-like picture as a file, drawn by the page itself. */
async function pictureFile(page: Page, folder: string): Promise<string> {
  const bytes = await page.evaluate(() => {
    const canvas = document.createElement('canvas')
    canvas.width = 120
    canvas.height = 80
    const context = canvas.getContext('2d')
    if (context === null) return ''
    context.fillStyle = '#264653'
    context.fillRect(0, 0, 120, 80)
    context.fillStyle = '#f4a261'
    context.beginPath()
    context.arc(70, 40, 25, 0, 2 * Math.PI)
    context.fill()
    return canvas.toDataURL('image/png').split(',')[1] ?? ''
  })
  const file = path.join(folder, 'orange circle.png')
  await writeFile(file, Buffer.from(bytes, 'base64'))
  return file
}

/** Share of a canvas's pixels that differ from its first one. */
async function variedShare(page: Page, name: string): Promise<number> {
  return page.getByRole('img', { name }).evaluate((element) => {
    const canvas = element instanceof HTMLCanvasElement ? element : element.querySelector('canvas')
    const context = canvas?.getContext('2d')
    if (!canvas || !context) return 0
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height)
    let varied = 0
    for (let i = 0; i < data.length; i += 4) if (data[i] !== data[0] || data[i + 1] !== data[1]) varied++
    return varied / (data.length / 4)
  })
}

test('a first run: train the sample, stop it, drop a picture, see the rollout', async ({ app, page, folder }) => {
  await mkdir(folder, { recursive: true })
  const rail = page.getByRole('navigation', { name: 'Pages' })
  await rail.getByRole('link', { name: 'Train' }).click()
  await page.getByRole('button', { name: 'Start training' }).click()

  const runsFolder = path.join(app.home, 'runs')
  const metrics = async () => {
    const [run] = await readdir(runsFolder).catch((): string[] => [])
    if (run === undefined) return []
    const text = await readFile(path.join(runsFolder, run, 'metrics.jsonl'), 'utf8').catch(() => '')
    return text.split('\n').filter((line) => line.includes('"epoch"'))
  }
  await expect.poll(async () => (await metrics()).length, { timeout: 120_000 }).toBeGreaterThan(5)
  const live = page.getByRole('region', { name: 'Live training' })
  await expect(live).toBeVisible()

  await live.getByRole('button', { name: 'Stop', exact: true }).click()
  const inspect = live.getByRole('button', { name: 'Inspect this model' })
  await expect(inspect).toBeVisible({ timeout: 60_000 })
  await inspect.click()

  await dropFile(page, await pictureFile(page, folder))
  await expect(page.getByRole('img', { name: 'Attention map' })).toBeVisible({ timeout: 60_000 })
  await page.getByLabel('Method').getByText('Rollout').click()
  await expect(page.getByRole('img', { name: 'Rollout map' })).toBeVisible({ timeout: 60_000 })
  await expect.poll(() => variedShare(page, 'Rollout map'), { timeout: 30_000 }).toBeGreaterThan(0.05)
})

test('a wrong setting is said beside its field and nothing starts', async ({ page }) => {
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Train' }).click()
  const epochs = page.getByLabel('Epochs', { exact: true })
  await epochs.fill('0')
  await epochs.press('Tab')
  await expect(page.getByText('must be at least 1').first()).toBeVisible()
  await expect(page.getByRole('button', { name: 'Start training' })).toBeDisabled()
})
