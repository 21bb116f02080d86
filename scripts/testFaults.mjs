import { spawnSync } from 'node:child_process'
import { sentenceOf } from './setup/failure.mjs'
import { hasDisplay } from './setup/launch.mjs'
import { requireNode } from './setup/nodeRuntime.mjs'
import { checkout, inCheckout } from './setup/places.mjs'
import { setUp } from './setup/setUp.mjs'
import { allSteps } from './setup/steps.mjs'

/**
 * `npm run test:faults`: kills, hangs and starves the running program, fills its disk, takes its folders
 * away, and looks at what is left and what the window says. Words after `--` choose among the cases.
 */

const killedRuns = '6'

try {
  await setUp(allSteps, { stream: process.stdout })
  const config = inCheckout('tests', 'faults', 'playwright.config.ts')
  const runner = [inCheckout('node_modules', '@playwright', 'test', 'cli.js'), 'test', '--config', config]
  const chosen = process.argv.slice(2)
  const outcomes = [run([...runner, ...chosen], !hasDisplay())]
  if (chosen.length === 0) outcomes.push(run([inCheckout('scripts', 'killRuns.mjs'), '--kills', killedRuns], false))
  process.exitCode = outcomes.every((status) => status === 0) ? 0 : 1
} catch (error) {
  console.error(`error: ${sentenceOf(error)}`)
  process.exitCode = 1
}

/** @param {string[]} words @param {boolean} onVirtualDisplay @returns {number} exit status */
function run(words, onVirtualDisplay) {
  const all = [requireNode(), ...words]
  const [program = '', ...parameters] = onVirtualDisplay ? ['xvfb-run', '-a', ...all] : all
  return spawnSync(program, parameters, { cwd: checkout, stdio: 'inherit' }).status ?? 1
}
