import { existsSync, readFileSync } from 'node:fs'
import { createRequire, isBuiltin } from 'node:module'
import path from 'node:path'

/**
 * Finds what a program loads of `node_modules`, so that nothing else is shipped: no sources, no
 * types, no builds for browsers.
 */

const literalRequire = /\brequire(?:\.resolve)?\(\s*(['"])([^'"\n]+)\1\s*\)/g
const literalImport = /\b(?:from|import)\s*\(?\s*(['"])([^'"\n]+)\1/g

/**
 * Files that are reached from the entries through names written out in `require` and `import`,
 * and the description of each package on the way. A name that leads nowhere is an optional
 * package of another platform. Bare names are resolved as `require` does.
 *
 * @param {string[]} entries  absolute paths
 * @returns {string[]} absolute paths, sorted
 */
export function tracedFiles(entries) {
  /** @type {Set<string>} */
  const found = new Set()
  const waiting = [...entries]
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (found.has(file)) continue
    found.add(file)
    const description = descriptionOf(file)
    if (description !== null) found.add(description)
    if (/\.[cm]?js$/.test(file)) waiting.push(...loadedBy(file))
  }
  return [...found].sort()
}

/** @param {string} file @returns {string[]} */
function loadedBy(file) {
  const text = readFileSync(file, 'utf8')
  const { resolve } = createRequire(file)
  const patterns = file.endsWith('.cjs') ? [literalRequire] : [literalRequire, literalImport]
  const names = patterns.flatMap((pattern) => [...text.matchAll(pattern)].map((match) => match[2] ?? ''))
  return names.flatMap((name) => {
    if (name === '' || isBuiltin(name)) return []
    try {
      return [resolve(name)]
    } catch {
      return []
    }
  })
}

/** The `package.json` that a file is loaded by the rules of. @param {string} file @returns {string | null} */
export function descriptionOf(file) {
  for (let folder = path.dirname(file); path.dirname(folder) !== folder; folder = path.dirname(folder)) {
    const description = path.join(folder, 'package.json')
    if (existsSync(description) && 'name' in JSON.parse(readFileSync(description, 'utf8'))) return description
    if (path.basename(folder) === 'node_modules') return null
  }
  return null
}
