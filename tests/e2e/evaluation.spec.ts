import path from 'node:path'
import type { Locator, Page } from 'playwright'
import { trainBriefly } from './briefRun'
import { expect, test } from './fixtures'

/** Opens the page of the run that was trained, and evaluates it. */
async function evaluate(page: Page): Promise<void> {
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Runs' }).click()
  await page.getByRole('link', { name: 'brief' }).click()
  await page.getByRole('tab', { name: 'Evaluation' }).click()
  await expect(page.getByText('Not evaluated yet')).toBeVisible()
  await page.getByRole('button', { name: 'Evaluate…' }).click()
  await page.getByRole('form', { name: 'Evaluate' }).getByRole('button', { name: 'Evaluate' }).click()
  await expect(page.getByRole('img', { name: 'Reliability diagram' })).toBeVisible({ timeout: 60_000 })
  await expect(page.getByLabel('Figures')).toContainText('Accuracy')
}

/** How many different colours a canvas shows. */
function coloursOf(canvas: Locator): Promise<number> {
  return canvas.evaluate((element) => {
    if (!(element instanceof HTMLCanvasElement)) return 0
    const { width, height } = element
    const pixels = element.getContext('2d')?.getImageData(0, 0, width, height).data ?? []
    const colours = new Set<string>()
    for (let place = 0; place < pixels.length; place += 4) {
      if (pixels[place + 3] === 255) colours.add([...pixels.slice(place, place + 3)].join(' '))
    }
    return colours.size
  })
}

test('evaluate a run, click a cell of its confusion matrix, see the attention on one of the images', async ({
  folder,
  app,
  page,
}) => {
  await trainBriefly(path.join(folder, 'home'))
  expect(app.home).toBe(path.join(folder, 'home'))
  await evaluate(page)

  await page.getByRole('tab', { name: 'Errors' }).click()
  const matrix = page.getByRole('img', { name: 'Confusion matrix' })
  await expect(matrix).toBeVisible()
  await page.getByRole('combobox', { name: 'Confused classes' }).click()
  const largest = page.locator('.n-base-select-option').first()
  const [label = '', rest = ''] = (await largest.innerText()).split(' → ')
  const prediction = rest.split(' ')[0] ?? ''
  await page.keyboard.press('Escape')

  // In the order of the dataset, row and column of a digit are its own number.
  await page.getByRole('switch', { name: 'Similar classes side by side' }).click()
  const { width, height } = (await matrix.boundingBox()) ?? { width: 0, height: 0 }
  const margin = 20
  const at = (digit: string, size: number) => margin + ((Number(digit) + 0.5) * (size - margin)) / 10
  await matrix.click({ position: { x: at(prediction, width), y: at(label, height) } })
  const images = page.getByRole('list', { name: 'Images' }).getByRole('button', { name: /^Inspect image/ })
  await expect(images.first()).toHaveAccessibleName(new RegExp(`Label ${label} .*prediction ${prediction} `))

  await images.first().click()
  await expect(page.getByRole('img', { name: 'Attention map' })).toBeVisible({ timeout: 60_000 })
  await expect(page.getByText(`Label: ${label}`)).toBeVisible()
})

test('a map of the images, by principal components and by UMAP', async ({ folder, page }) => {
  await trainBriefly(path.join(folder, 'home'))
  await evaluate(page)
  await page.getByRole('tab', { name: 'Map', exact: true }).click()
  const map = page.getByRole('img', { name: 'Map of the images' })
  await expect(map).toBeVisible()
  await expect.poll(() => coloursOf(map)).toBeGreaterThan(10)

  const { x, y, width, height } = (await map.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 }
  const corners = [
    [0.1, 0.1],
    [0.9, 0.1],
    [0.9, 0.9],
    [0.1, 0.9],
  ] as const
  await page.mouse.move(x + 0.1 * width, y + 0.1 * height)
  await page.mouse.down()
  for (const [across, down] of corners) {
    await page.mouse.move(x + across * width, y + down * height, { steps: 5 })
  }
  await page.mouse.up()
  const images = page.getByRole('list', { name: 'Images' }).getByRole('button', { name: /^Inspect image/ })
  await expect(images.first()).toBeVisible()

  await page.getByRole('radio', { name: 'UMAP' }).click({ force: true })
  await expect(page.getByText(/arranged from the first \d+ principal components/)).toBeVisible()
  await expect(page.getByRole('button', { name: 'Cancel' })).toBeHidden({ timeout: 60_000 })
  await expect(page.getByRole('alert')).toHaveCount(0)
  await expect.poll(() => coloursOf(map)).toBeGreaterThan(10)
})

test('change a label, leave an image out, train again with that', async ({ folder, page }) => {
  await trainBriefly(path.join(folder, 'home'))
  await evaluate(page)
  await page.getByRole('tab', { name: 'Errors' }).click()
  const corrections = page.getByRole('button', { name: /^Correct image/ })
  await corrections.first().click()
  await page.getByText('Change label…').click()
  await page.getByRole('dialog', { name: 'Change the label' }).getByRole('button', { name: 'Change' }).click()
  await expect(page.getByText('1 label changed', { exact: true })).toBeVisible()
  await corrections.nth(1).click()
  await page.getByText('Leave out of validation').click()
  await expect(page.getByText('1 label changed, 1 image left out')).toBeVisible()
  await page.getByRole('button', { name: 'Undo' }).click()
  await expect(page.getByText('1 label changed', { exact: true })).toBeVisible()

  await page.getByRole('button', { name: 'Train again with these corrections' }).click()
  await expect(page.getByRole('button', { name: 'Start training' })).toBeEnabled()

  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Data' }).click()
  await page.getByRole('listitem').getByText('Digits').first().click()
  await page.getByRole('tab', { name: /Problems/ }).click()
  const list = page.getByRole('region', { name: 'Corrections' })
  await expect(list).toContainText('1 label changed')
  await list.getByRole('button', { name: /^Put image \d+ back/ }).click()
  await expect(list).toContainText('None.')
})
