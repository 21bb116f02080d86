import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { hasCommand, lastLine, run } from './commands.mjs'
import { SetupFailure } from './failure.mjs'
import { isLinuxX64 } from './places.mjs'
import { tensorflowBinding } from './tensorflowBinding.mjs'
import { tensorflowLibrary } from './tensorflowLibrary.mjs'

/** Shared libraries that Electron's window loads, and the Debian package of each. */
const windowLibraries = {
  'libnss3.so': 'libnss3',
  'libatk-1.0.so.0': 'libatk1.0-0',
  'libatk-bridge-2.0.so.0': 'libatk-bridge2.0-0',
  'libcups.so.2': 'libcups2',
  'libdrm.so.2': 'libdrm2',
  'libgtk-3.so.0': 'libgtk-3-0',
  'libgbm.so.1': 'libgbm1',
  'libasound.so.2': 'libasound2',
  'libXss.so.1': 'libxss1',
}
const fontFolder = '/usr/share/fonts'
const attempts = 3

/** A compiler and pip, while TensorFlow isn't there yet. @type {import('./steps.mjs').Step} */
export const buildTools = aptStep('Compiler and pip', missingBuildTools)

/** Libraries, a font and a virtual display for the window. @type {import('./steps.mjs').Step} */
export const windowPackages = aptStep('Packages for the window', missingWindowPackages)

/** What packages for Linux are made with. @type {import('./steps.mjs').Step} */
export const packagingTools = aptStep('Packaging tools', () =>
  missingCommands({ 'g++': 'g++', strip: 'binutils', rpmbuild: 'rpm' }),
)

/** What a package's test makes a clean system with, to install it into. @type {import('./steps.mjs').Step} */
export const cleanSystemTools = aptStep('Tools for a clean system', () =>
  process.getuid?.() === 0 ? missingCommands({ debootstrap: 'debootstrap', unshare: 'util-linux' }) : [],
)

/** @param {Record<string, string>} packageOf  the Debian package of each command */
function missingCommands(packageOf) {
  if (process.platform !== 'linux') return []
  return Object.entries(packageOf).flatMap(([command, name]) => (hasCommand(command) ? [] : [name]))
}

/** @param {import('./steps.mjs').SetupOptions} options @returns {string[]} */
function missingBuildTools(options) {
  if (!isLinuxX64 || (tensorflowLibrary.ready(options) && tensorflowBinding.ready(options))) return []
  const missing = hasCommand('g++') ? [] : ['g++']
  return hasPip() ? missing : [...missing, 'python3-pip']
}

function hasPip() {
  try {
    execFileSync('python3', ['-m', 'pip', '--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** @returns {string[]} */
function missingWindowPackages() {
  if (process.platform !== 'linux') return []
  const known = execFileSync('/sbin/ldconfig', ['-p'], { encoding: 'utf8' })
  const missing = Object.entries(windowLibraries).flatMap(([library, name]) =>
    known.includes(`\t${library} (`) ? [] : [name],
  )
  if (!hasCommand('Xvfb') || !hasCommand('xvfb-run')) missing.push('xvfb')
  if (!hasCommand('xauth')) missing.push('xauth')
  if (!hasFont()) missing.push('fonts-dejavu-core')
  return missing
}

function hasFont() {
  try {
    return readdirSync(fontFolder, { recursive: true }).some((name) => /\.(ttf|otf|ttc|pfb)$/i.test(String(name)))
  } catch {
    return false
  }
}

/**
 * @param {string} name
 * @param {(options: import('./steps.mjs').SetupOptions) => string[]} missing
 * @returns {import('./steps.mjs').Step}
 */
function aptStep(name, missing) {
  return {
    name,
    ready: (options) => missing(options).length === 0,
    async run(report, options) {
      const wanted = missing(options)
      await aptInstall(wanted, report)
      const still = missing(options)
      if (still.length > 0) throw new SetupFailure(`${name} are still missing: ${installLine(still)}`)
      return `installed ${wanted.join(' ')}`
    },
    found: (options) => (missing(options).length === 0 ? 'there' : null),
  }
}

/** Packages that this account may not install itself. @param {import('./steps.mjs').SetupOptions} options */
export function packagesForAnAdministrator(options) {
  return process.getuid?.() === 0 && hasCommand('apt-get')
    ? []
    : [...missingBuildTools(options), ...missingWindowPackages()]
}

/** The command that installs them, in words. @param {string[]} packages */
export function installLine(packages) {
  return hasCommand('apt-get')
    ? `sudo apt-get install ${packages.map(nameHere).join(' ')}`
    : `install what your system calls ${packages.join(' ')} on Debian`
}

/** @param {string[]} packages @param {(detail: string) => void} report */
async function aptInstall(packages, report) {
  const environment = { DEBIAN_FRONTEND: 'noninteractive' }
  let output = ''
  for (let attempt = 1; attempt <= attempts; attempt++) {
    report('refreshing the package lists')
    await run('apt-get', ['update', '-q'], { env: environment })
    const names = packages.map(nameHere)
    report(`installing ${names.join(' ')}`)
    const parameters = ['install', '-q', '-y', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=120', ...names]
    const result = await run('apt-get', parameters, { env: environment })
    if (result.code === 0) return
    output = result.output
  }
  throw new SetupFailure(`Debian packages could not be installed (${lastLine(output)}): ${installLine(packages)}`)
}

/** Newer releases renamed libraries for 64-bit times, e.g. libasound2 to libasound2t64. @param {string} name */
function nameHere(name) {
  try {
    const policy = execFileSync('apt-cache', ['policy', `${name}t64`], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    return /Candidate: (?!\(none\))/.test(policy) ? `${name}t64` : name
  } catch {
    return name
  }
}
