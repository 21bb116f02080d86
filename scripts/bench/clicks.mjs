import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { _electron as electron } from 'playwright'
import { requireElectron, sandboxSwitches } from '../setup/launch.mjs'
import { checkout } from '../setup/places.mjs'

/**
 * How soon the window answers while a model is trained: starts the sample run with the form as it
 * stands, goes from page to page until it has ended, and prints, as JSON, the time from each click
 * to the next picture (the browser's own event timing), with the run's best accuracy and its time.
 *
 *   xvfb-run -a node scripts/bench/clicks.mjs
 */

const pages = ['Data', 'Model', 'Runs', 'Inspect', 'Train']
const betweenClicksMs = 700
const trainingLimitMs = 20 * 60_000

const folder = mkdtempSync(path.join(tmpdir(), 'vitrine-clicks-'))
const app = await electron.launch({
  executablePath: requireElectron(),
  args: [
    ...sandboxSwitches(requireElectron()),
    ...process.argv.slice(2),
    `--user-data-dir=${path.join(folder, 'user')}`,
    checkout,
  ],
  env: { ...process.env, VITRINE_HOME: path.join(folder, 'home'), VITRINE_NO_QUIT_PROMPT: '1' },
})
try {
  console.log(JSON.stringify(await measure(await app.firstWindow()), null, 2))
} finally {
  await app.close()
  rmSync(folder, { recursive: true, force: true })
}

/** @param {import('playwright').Page} window */
async function measure(window) {
  const rail = window.getByRole('navigation', { name: 'Pages' })
  await rail.getByRole('link', { name: 'Train' }).click()
  await window.getByRole('button', { name: 'Start training' }).click()
  const live = window.getByRole('region', { name: 'Live training' })
  await live.waitFor()
  const startedAt = Date.now()
  await window.evaluate(() => {
    /** @type {{ at: number, name: string, page: string, milliseconds: number, delay: number, handlers: number }[]} */
    const answers = []
    Object.assign(globalThis, { answers })
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        if (!('processingStart' in entry) || !('processingEnd' in entry)) continue
        const [start, end] = [Number(entry.processingStart), Number(entry.processingEnd)]
        answers.push({
          at: Math.round(entry.startTime),
          name: entry.name,
          page: location.hash || location.pathname,
          milliseconds: entry.duration,
          delay: Math.round(start - entry.startTime),
          handlers: Math.round(end - start),
        })
      }
    }).observe({ type: 'event', durationThreshold: 16, buffered: true })
  })
  let clicks = 0
  /** @type {number | null} */
  let secondsToNinety = null
  const ended = live.getByRole('button', { name: 'Inspect this model' })
  for (;;) {
    const page = pages[clicks % pages.length] ?? 'Train'
    await rail.getByRole('link', { name: page }).click()
    clicks += 1
    await window.waitForTimeout(betweenClicksMs)
    if (page === 'Train') {
      const accuracy = /Val\. accuracy\s+([\d.]+)/.exec(await live.locator('dl').innerText())
      if (Number(accuracy?.[1]) >= 90) secondsToNinety ??= (Date.now() - startedAt) / 1000
      if (await ended.isVisible()) break
    }
    if (Date.now() - startedAt > trainingLimitMs) throw new Error('the training took too long')
  }
  const seconds = (Date.now() - startedAt) / 1000
  /** @type {{ at: number, name: string, page: string, milliseconds: number, delay: number, handlers: number }[]} */
  const answers = await window.evaluate(() => Reflect.get(globalThis, 'answers'))
  const answered = answers.filter(({ name }) => name === 'click')
  // Events that took less than 16 ms are not reported by the browser.
  const times = [...Array(Math.max(0, clicks - answered.length)).fill(16), ...answered.map((one) => one.milliseconds)]
  times.sort((a, b) => a - b)
  return {
    clicks,
    medianMs: quantile(times, 0.5),
    p95Ms: quantile(times, 0.95),
    largestMs: quantile(times, 1),
    slowest: answered.toSorted((a, b) => b.milliseconds - a.milliseconds).slice(0, 12),
    secondsToNinety,
    trainingSeconds: seconds,
    readouts: (await live.locator('dl').innerText()).replaceAll(/\s+/g, ' '),
  }
}

/** @param {number[]} sorted @param {number} share */
function quantile(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]
}
