import { readdirSync } from 'node:fs'
import path from 'node:path'
import { lastLine, run } from '../setup/commands.mjs'
import { SetupFailure } from '../setup/failure.mjs'
import { isElf } from './strippedCopy.mjs'

/**
 * @typedef {object} LinkNeeds  what programs and libraries need of the system
 * @property {string[]} libraries  sonames of shared libraries that the folder itself doesn't have
 * @property {string} glibc  oldest GNU C library, e.g. `2.34`
 * @property {string} libstdcxx  oldest interface of the C++ library, e.g. `3.4.30`
 */

/**
 * Reads what all programs and libraries below a folder are linked against.
 *
 * @param {string} folder
 * @returns {Promise<LinkNeeds>}
 */
export async function linkNeeds(folder) {
  const files = filesBelow(folder).filter(isElf)
  const own = new Set(files.map((file) => path.basename(file)))
  const parameters = ['--wide', '--dynamic', '--version-info', ...files]
  const { code, output } = await run('readelf', parameters, { env: { LC_ALL: 'C' } })
  if (code !== 0) throw new SetupFailure(`The programs' needs could not be read (${lastLine(output)}).`)
  const needed = new Set([...output.matchAll(/\(NEEDED\).*\[([^\]]+)\]/g)].map((match) => match[1] ?? ''))
  return {
    libraries: [...needed].filter((name) => !own.has(name)).sort(),
    glibc: newest(output, /\bGLIBC_([\d.]+)/g),
    libstdcxx: newest(output, /\bGLIBCXX_([\d.]+)/g),
  }
}

/** @param {string} text @param {RegExp} pattern */
function newest(text, pattern) {
  const versions = [...new Set([...text.matchAll(pattern)].map((match) => match[1] ?? '0'))]
  return versions.sort((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1) ?? '0'
}

/** Plain files below a folder, absolute. @param {string} folder @returns {string[]} */
export function filesBelow(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort()
}
