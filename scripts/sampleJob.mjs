import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { _electron as electron } from 'playwright'
import { sentenceOf } from './setup/failure.mjs'
import { requireElectron, sandboxSwitches } from './setup/launch.mjs'
import { checkout, inCheckout } from './setup/places.mjs'

/**
 * Drives the real window the way a person would: trains the sample `shapes` with the form as it
 * stands, opens a validation image in Inspect and shows the attention rollout. It leaves a picture
 * of each stage in `screenshots/`.
 */

const folder = inCheckout('screenshots')
const trainingLimitMs = 20 * 60_000
const pollMs = 5_000

// With user data of its own it can run beside a Vitrine that is open.
const userData = mkdtempSync(path.join(tmpdir(), 'vitrine-sample-'))
const app = await electron.launch({
  executablePath: requireElectron(),
  args: [...sandboxSwitches(requireElectron()), `--user-data-dir=${userData}`, checkout],
})
/** What the application says for itself, in case it ends early. */
let output = ''
for (const stream of [app.process().stdout, app.process().stderr]) stream?.on('data', (chunk) => (output += chunk))
app.process().on('exit', (code, signal) => (output += `\nit ended with ${signal ?? `code ${code}`}\n`))

try {
  await runSample(await app.firstWindow())
} catch (error) {
  console.error(output.slice(-4000))
  console.error(`error: the sample did not run to its end: ${sentenceOf(error)}`)
  process.exitCode = 1
} finally {
  await app.close()
  rmSync(userData, { recursive: true, force: true })
}

/** @param {import('playwright').Page} window */
async function runSample(window) {
  mkdirSync(folder, { recursive: true })
  const rail = window.getByRole('navigation', { name: 'Pages' })
  await rail.getByRole('link', { name: 'Train' }).click()
  const start = window.getByRole('button', { name: 'Start training' })
  await start.waitFor()
  await keepPicture(window, 'form')
  await start.click()
  await waitForTraining(window)
  await keepPicture(window, 'trained')

  await window.getByRole('button', { name: 'Inspect this model' }).click()
  await window.getByRole('button', { name: 'Pick images' }).click()
  const dialog = window.getByRole('dialog', { name: 'Pick images' })
  await dialog
    .getByRole('button', { name: /^Choose image/ })
    .first()
    .click()
  await dialog.getByRole('button', { name: 'Done' }).click()
  await waitForMap(window, 'attention')
  await keepPicture(window, 'attention')
  await window.getByLabel('Method').getByText('Rollout').click()
  await waitForMap(window, 'rollout')
  await keepPicture(window, 'rollout')
}

/** A map's scale is shown once its numbers have come. @param {import('playwright').Page} window @param {string} name */
async function waitForMap(window, name) {
  await window.getByRole('img', { name: new RegExp(`^${name} of each patch: from`) }).waitFor()
}

/** Says each epoch, and keeps a picture while it learns. @param {import('playwright').Page} window */
async function waitForTraining(window) {
  const live = window.getByRole('region', { name: 'Live training' })
  const inspect = live.getByRole('button', { name: 'Inspect this model' })
  await live.waitFor()
  const startedAt = Date.now()
  let said = ''
  while (!(await inspect.isVisible())) {
    const failure = live.getByRole('status').filter({ hasText: /fail/i })
    if (await failure.isVisible()) throw new Error(await failure.innerText())
    if (Date.now() - startedAt > trainingLimitMs) throw new Error('the training took too long')
    const epoch = (await live.locator('dl').innerText()).replace(/\s+/g, ' ')
    if (epoch !== said) console.log(epoch)
    if (said !== '' && epoch !== said) await keepPicture(window, 'training', false)
    said = epoch
    await Promise.race([inspect.waitFor({ timeout: pollMs }).catch(() => undefined), window.waitForTimeout(pollMs)])
  }
}

/** @param {import('playwright').Page} window @param {string} name @param {boolean} [announced] */
async function keepPicture(window, name, announced = true) {
  const file = path.join(folder, `${name}.png`)
  await window.screenshot({ path: file })
  if (announced) console.log(file)
}
