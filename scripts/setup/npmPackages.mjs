import { existsSync, readFileSync, writeFileSync } from 'node:fs'
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
    const folders = wantedFolders()
    const timer = setInterval(() => report(`${installedCount(folders)} of ${folders.length}`), 1000)
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
    return `${folders.length} installed`
  },
  found: () => (existsSync(stamp) ? `${installedCount(wantedFolders())} installed` : null),
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

/** Folders of the packages that every platform gets. @returns {string[]} */
function wantedFolders() {
  const packages = lockedPackages(inCheckout('package-lock.json')) ?? {}
  return Object.entries(packages).flatMap(([place, { optional }]) => (place === '' || optional === true ? [] : [place]))
}

/** npm makes all folders first, so a package counts once its own description is there. @param {string[]} folders */
function installedCount(folders) {
  return folders.filter((folder) => existsSync(inCheckout(folder, 'package.json'))).length
}
