import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { Page } from '@playwright/test'
import type { AxeResults } from 'axe-core'
import { expect, test } from './fixtures'

const axeSource = readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** What axe finds serious on the page as it stands, a line each. */
async function seriousFindings(page: Page): Promise<string[]> {
  await page.evaluate(await axeSource)
  const results = await page.evaluate<AxeResults>('axe.run(document, { resultTypes: ["violations"] })')
  return results.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 160)}`))
}

for (const theme of ['light', 'dark'] as const) {
  test(`every page is accessible, ${theme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme: theme })
    await expect(page.getByRole('navigation', { name: 'Pages' })).toBeVisible()
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox', { name: 'Find anything' }).fill(`${theme} theme`)
    await page.keyboard.press('Enter')
    await expect(page.getByRole('button', { name: `Theme: ${theme}` })).toBeVisible()
    const rail = page.getByRole('navigation', { name: 'Pages' })
    for (const name of ['Data', 'Model', 'Train', 'Runs', 'Inspect', 'Settings']) {
      await rail.getByRole('link', { name }).click()
      await expect(page.getByRole('heading', { level: 1, name })).toBeVisible()
      await page.waitForTimeout(500)
      expect.soft(await seriousFindings(page), name).toEqual([])
    }
  })
}

test('the palette finds a page by the keyboard alone', async ({ page }) => {
  await expect(page.getByRole('navigation', { name: 'Pages' })).toBeVisible()
  await page.keyboard.press('Control+k')
  await page.getByRole('combobox', { name: 'Find anything' }).fill('mod')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('heading', { level: 1, name: 'Model' })).toBeVisible()
})
