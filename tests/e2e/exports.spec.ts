import { readFile } from 'node:fs/promises'
import path from 'node:path'
import sharp from 'sharp'
import { trainBriefly } from './briefRun'
import { expect, test, type VitrineApp } from './fixtures'

/** Answers the next dialogs for a place to save at. */
async function saveAt(app: VitrineApp, file: string): Promise<void> {
  await app.electron.evaluate(({ dialog }, chosen) => {
    dialog.showSaveDialog = () => Promise.resolve({ canceled: false, filePath: chosen })
  }, file)
}

test('a run is exported as a report, a curve as numbers, an overlay as a picture', async ({ folder, app, page }) => {
  await trainBriefly(path.join(folder, 'home'))
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Runs' }).click()
  await page.getByRole('link', { name: 'brief' }).click()

  const curve = path.join(folder, 'loss.csv')
  await saveAt(app, curve)
  await page.getByRole('button', { name: 'Export Loss' }).click()
  await page.getByText('Numbers as a table (CSV)').click()
  await expect.poll(() => readFile(curve, 'utf8').catch(() => '')).toMatch(/^series,x,y\n/)

  const report = path.join(folder, 'report.html')
  await saveAt(app, report)
  await page.getByRole('button', { name: 'Export run' }).click()
  await page.getByText('Report (one HTML file)').click()
  await expect(page.getByText(`Saved: ${report}`)).toBeVisible({ timeout: 60_000 })
  const text = await readFile(report, 'utf8')
  expect(text).toContain('<section id="attention"')
  expect(text.match(/<svg/g)?.length).toBeGreaterThan(4)
  // Filters and positions; of each pinned image itself, two overlays and its heads.
  expect(text.match(/src="data:image/g)).toHaveLength(2 + 4 * 4)

  await page.getByRole('button', { name: 'Inspect this model' }).click()
  await page.getByRole('button', { name: 'Pick images' }).click()
  const dialog = page.getByRole('dialog', { name: 'Pick images' })
  await dialog
    .getByRole('button', { name: /^Choose image/ })
    .first()
    .click()
  await dialog.getByRole('button', { name: 'Done' }).click()
  await expect(page.getByRole('img', { name: /^attention of each patch: from/ })).toBeVisible({ timeout: 60_000 })
  const overlay = path.join(folder, 'overlay.png')
  await saveAt(app, overlay)
  await page.getByRole('button', { name: 'Export Attention map' }).click()
  await page.getByText('Picture (PNG)').click()
  await expect(page.getByText(`Saved as ${overlay}`)).toBeVisible()
  const { width } = await sharp(overlay).metadata()
  expect(width).toBe(2 * 640)
  const { channels } = await sharp(overlay).stats()
  expect(Math.max(...channels.map(({ stdev }) => stdev))).toBeGreaterThan(10)

  const drawing = path.join(folder, 'overlay.svg')
  await saveAt(app, drawing)
  await page.getByRole('button', { name: 'Export Attention map' }).click()
  await page.getByText('Drawing (SVG)').click()
  await expect(page.getByText(`Saved as ${drawing}`)).toBeVisible()
  const svg = await readFile(drawing, 'utf8')
  expect(svg).toContain('href="data:image/png;base64,')
  expect(svg).toMatch(/>Attention map, layer \d, mean of the heads<\/text>/)
})
