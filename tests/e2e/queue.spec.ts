import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { expect, test, VitrineApp } from './fixtures'

test('a run that is added while another trains waits, outlives the app, and starts when it is told to', async ({
  folder,
}) => {
  const home = path.join(folder, 'home')
  const waiting = () => readdir(path.join(home, 'queue'))
  {
    await using app = await VitrineApp.launch(folder)
    const page = await app.window()
    await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Train' }).click()
    await page.getByRole('button', { name: 'Start training' }).click()
    const live = page.getByRole('region', { name: 'Live training' })
    // The sample is drawn first.
    await live.getByRole('button', { name: 'New training' }).click({ timeout: 120_000 })

    await page.getByRole('button', { name: 'Sweep…' }).click()
    const sweep = page.getByRole('dialog', { name: 'Sweep' })
    await sweep.getByRole('textbox', { name: 'Values of Learning rate' }).fill('1e-3, 2e-3, 0')
    await expect(sweep.getByText('2 runs, 1 combination can’t be trained')).toBeVisible()
    await expect(sweep.getByText('Learning rate must be above 0.')).toBeVisible()
    await sweep.getByRole('button', { name: 'Add 2 to the queue' }).click()

    await page.getByRole('button', { name: 'Show the queue' }).click()
    const rows = page.getByRole('list', { name: 'Waiting runs' }).getByRole('listitem')
    await expect(rows).toHaveText([/0\.001/, /0\.002/])
    await rows
      .nth(1)
      .getByRole('button', { name: /^Move .* up$/ })
      .click()
    await expect(rows).toHaveText([/0\.002/, /0\.001/])
    await page.getByRole('button', { name: 'Stop all' }).click()
    await expect(page.getByRole('dialog', { name: 'Queue' }).getByText('The queue is paused')).toBeVisible()
    expect((await waiting()).length).toBe(2)
  }

  await using app = await VitrineApp.launch(folder)
  const page = await app.window()
  await page.getByRole('button', { name: 'Start the queue' }).click()
  await expect(page.getByRole('button', { name: /^Show .*learning rate 0\.002/ })).toBeVisible({ timeout: 60_000 })
  await expect.poll(async () => (await waiting()).filter((name) => name.endsWith('.json')).length).toBe(1)
})
