import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { lastLine, npmCommand, run } from './commands.mjs'
import { SetupFailure } from './failure.mjs'
import { textHash } from './hashes.mjs'
import { inCheckout } from './places.mjs'
import { textOf } from './textFile.mjs'

const stamp = inCheckout('node_modules', '.vitrine-lock')

/**
 * The packages of `package-lock.json`. No package's install script runs: the two that are needed,
 * Electron's and TensorFlow's, are called by name in steps of their own.
 *
 * @type {import('./steps.mjs').Step}
 */
export const npmPackages = {
  name: 'npm packages',
  ready() {
    if (textOf(stamp) === lockHash()) return true
    if (!matchesInstalled()) return false
    writeFileSync(stamp, lockHash())
    return true
  },
  async run(report) {
    const total = topLevelCount()
    const timer = setInterval(() => report(`${installedCount()} of ${total}`), 1000)
    const [command, first] = npmCommand()
    const parameters = [...first, 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
    const { code, output } = await run(command, parameters, { cwd: inCheckout() })
    clearInterval(timer)
    if (code !== 0) {
      throw new SetupFailure(
        `The npm packages could not be installed (${lastLine(output)}): check the network and type \`npm ci --ignore-scripts\`.`,
      )
    }
    writeFileSync(stamp, lockHash())
    return `${total} installed`
  },
  found: () => (existsSync(stamp) ? `${installedCount()} installed` : null),
}

function lockHash() {
  return textHash(textOf(inCheckout('package-lock.json')))
}

/** npm writes its own record last, so one that lists the same packages is a whole installation. */
function matchesInstalled() {
  const installed = lockedPackages(inCheckout('node_modules', '.package-lock.json'))
  const wanted = lockedPackages(inCheckout('package-lock.json'))
  if (installed === null || wanted === null) return false
  return Object.entries(wanted).every(([place, { version, optional }]) => {
    if (place === '' || optional === true) return true
    return installed[place]?.version === version
  })
}

/** @param {string} file @returns {Record<string, { version?: string, optional?: boolean }> | null} */
function lockedPackages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages
  } catch {
    return null
  }
}

function topLevelCount() {
  const places = Object.keys(lockedPackages(inCheckout('package-lock.json')) ?? {})
  return new Set(places.map((place) => place.split('/')[1]).filter((name) => name !== undefined)).size
}

function installedCount() {
  const folder = inCheckout('node_modules')
  return existsSync(folder) ? readdirSync(folder).filter((name) => !name.startsWith('.')).length : 0
}
