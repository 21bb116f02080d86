import { existsSync } from 'node:fs'
import { cacheFolder } from './places.mjs'
import { allSteps, steps } from './steps.mjs'

/**
 * @typedef {object} Check  an item of the doctor's report
 * @property {string} name
 * @property {string | null} found
 * @property {boolean} ok
 * @property {string | null} mend
 */

/** What the engine's doctor finds out itself, by loading it. */
const seenByEngine = ['node', 'tensorflowLibrary', 'tensorflowBinding']
const mend = 'npm run setup'

/** What set-up knows of each step; it changes nothing. @returns {Check[]} */
export function setupChecks() {
  return checksOf(allSteps)
}

/** The part of it that the engine can't see. @returns {Check[]} */
export function checksForEngine() {
  return checksOf(allSteps.filter((name) => !seenByEngine.includes(name)))
}

/** @param {string[]} names @returns {Check[]} */
function checksOf(names) {
  const items = names.flatMap((name) => {
    const step = steps[name]?.step
    if (step === undefined) return []
    const ok = step.ready({})
    return [{ name: step.name, found: step.found({}), ok, mend: ok ? null : mend }]
  })
  const cache = cacheFolder()
  return [...items, { name: 'Cache', found: cache, ok: existsSync(cache), mend: existsSync(cache) ? null : mend }]
}

/** The report as the engine's own doctor gives it. @param {Check[]} items @param {boolean} json */
export function printChecks(items, json) {
  if (json) {
    console.log(JSON.stringify({ ok: items.every(({ ok }) => ok), items }))
    return
  }
  const width = Math.max(...items.map(({ name }) => name.length))
  for (const item of items) {
    const words = [item.ok ? 'ok     ' : 'MISSING', item.name.padEnd(width), item.found ?? '']
    console.log([...words, item.mend === null ? '' : `→ ${item.mend}`].join('  ').trimEnd())
  }
}
