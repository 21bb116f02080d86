import { sentenceOf } from './setup/failure.mjs'
import { setupOptions } from './setup/options.mjs'
import { setUp } from './setup/setUp.mjs'
import { allSteps } from './setup/steps.mjs'
import { stages } from './testing/stages.mjs'

/**
 * `npm test [-- PART …]`: sets up what is missing and runs every check and test, or the named parts.
 * Its last line is the whole result.
 */
const { options, rest } = setupOptions(process.argv.slice(2))
const chosen =
  rest.length === 0 ? stages : stages.filter(({ name, group }) => rest.includes(name) || rest.includes(group))
const unknown = rest.filter((word) => !stages.some(({ name, group }) => word === name || word === group))
const total = { passed: 0, failed: 0 }

if (unknown.length > 0) {
  console.error(
    `error: there is no part ${unknown.join(', ')}; parts are checks, ${stages.map(({ name }) => name).join(', ')}`,
  )
  total.failed += 1
} else {
  try {
    await setUp(allSteps, { ...options, stream: process.stdout })
  } catch (error) {
    console.error(`error: ${sentenceOf(error)}`)
    total.failed += 1
  }
  if (total.failed === 0) await runStages()
}
console.log(`${total.passed} passed, ${total.failed} failed`)
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1

async function runStages() {
  /** @type {string[]} */
  const summary = []
  for (const { name, run } of chosen) {
    console.log(`\n── ${name}`)
    const startedAt = Date.now()
    const { passed, failed } = await run()
    total.passed += passed
    total.failed += failed
    const seconds = ((Date.now() - startedAt) / 1000).toFixed(1)
    summary.push(`${failed === 0 ? '✓' : '✗'} ${name}: ${passed} passed, ${failed} failed (${seconds} s)`)
  }
  console.log(`\n${summary.join('\n')}`)
}
