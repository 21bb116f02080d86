import { spawn } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { hasDisplay } from '../setup/launch.mjs'
import { requireNode } from '../setup/nodeRuntime.mjs'
import { checkout, inCheckout } from '../setup/places.mjs'

/**
 * @typedef {object} Outcome
 * @property {number} passed
 * @property {number} failed
 *
 * @typedef {object} Stage
 * @property {string} name
 * @property {string} group  `checks`, or the name again
 * @property {() => Promise<Outcome>} run
 */

const bin = 'node_modules'

/** What `npm test` runs, in order. @type {Stage[]} */
export const stages = [
  check('format', [`${bin}/prettier/bin/prettier.cjs`, '--check', '--log-level', 'warn', '.']),
  check('lint', [`${bin}/eslint/bin/eslint.js`, '--max-warnings', '0', '.']),
  check('types', [`${bin}/vue-tsc/bin/vue-tsc.js`, '--noEmit', '-p', 'tsconfig.json']),
  check('script-types', [`${bin}/vue-tsc/bin/vue-tsc.js`, '--noEmit', '-p', 'scripts/tsconfig.json']),
  check('dead-code', [`${bin}/knip/bin/knip.js`]),
  check('imports', [
    `${bin}/dependency-cruiser/bin/dependency-cruiser.mjs`,
    '--config',
    '.dependency-cruiser.cjs',
    'src',
  ]),
  vitestStage('unit'),
  vitestStage('security'),
  vitestStage('golden'),
  vitestStage('engine'),
  playwrightStage(),
]

/** A check counts as one. @param {string} name @param {string[]} command @returns {Stage} */
function check(name, command) {
  return {
    name,
    group: 'checks',
    run: async () => ((await runNode(command)) === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 }),
  }
}

/** @param {string} name  project of vitest.config.ts @returns {Stage} */
function vitestStage(name) {
  const report = inCheckout('test-results', `${name}.json`)
  const command = [`${bin}/vitest/vitest.mjs`, 'run', '--project', name, '--reporter=default', '--reporter=json']
  return {
    name,
    group: name,
    async run() {
      rmSync(report, { force: true })
      const code = await runNode([...command, `--outputFile.json=${report}`])
      return honest(code, vitestOutcome(readReport(report)))
    },
  }
}

/** @returns {Stage} */
function playwrightStage() {
  const report = inCheckout('test-results', 'e2e.json')
  const command = [`${bin}/playwright/cli.js`, 'test', '--reporter=list,json']
  return {
    name: 'e2e',
    group: 'e2e',
    async run() {
      rmSync(report, { force: true })
      const code = await runNode(command, { PLAYWRIGHT_JSON_OUTPUT_NAME: report }, !hasDisplay())
      return honest(code, playwrightOutcome(readReport(report)))
    },
  }
}

/**
 * Numbers that can't hide a failure: a stage that ended badly without a failed test, or that ran no
 * test at all, counts as one failure.
 *
 * @param {number} code
 * @param {Outcome} outcome
 * @returns {Outcome}
 */
export function honest(code, { passed, failed }) {
  const hidden = failed === 0 && (code !== 0 || passed === 0)
  return { passed, failed: hidden ? 1 : failed }
}

/**
 * @param {any} report  vitest's JSON report; a file that could not be loaded counts as one failure
 * @returns {Outcome}
 */
export function vitestOutcome(report) {
  /** @type {{ status: string, assertionResults: { status: string }[] }[]} */
  const files = report?.testResults ?? []
  const broken = files.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((assertion) => assertion.status === 'failed'),
  )
  return { passed: report?.numPassedTests ?? 0, failed: (report?.numFailedTests ?? 0) + broken.length }
}

/**
 * @param {any} report  Playwright's JSON report; a flaky test has failed once, so it failed
 * @returns {Outcome}
 */
export function playwrightOutcome(report) {
  const { expected = 0, unexpected = 0, flaky = 0 } = report?.stats ?? {}
  return { passed: expected, failed: unexpected + flaky + (report?.errors?.length ?? 0) }
}

/** @param {string} file @returns {unknown} */
function readReport(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null
}

/**
 * @param {string[]} command
 * @param {Record<string, string>} [environment]
 * @param {boolean} [onVirtualDisplay]
 * @returns {Promise<number>} exit status
 */
function runNode(command, environment = {}, onVirtualDisplay = false) {
  const words = [requireNode(), ...command]
  const [program = '', ...parameters] = onVirtualDisplay ? ['xvfb-run', '-a', ...words] : words
  return new Promise((resolve) => {
    const child = spawn(program, parameters, {
      cwd: checkout,
      stdio: 'inherit',
      env: { ...process.env, ...environment },
    })
    child.on('error', () => resolve(1))
    child.on('exit', (code) => resolve(code ?? 1))
  })
}
