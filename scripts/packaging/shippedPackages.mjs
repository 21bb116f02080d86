import { readFileSync } from 'node:fs'
import path from 'node:path'
import { SetupFailure } from '../setup/failure.mjs'
import { inCheckout } from '../setup/places.mjs'
import { filesBelow } from './elf.mjs'
import { loadedFiles } from './staging.mjs'

/**
 * @typedef {object} ShippedPackage
 * @property {string} name
 * @property {string} version
 * @property {string} licence  as its description names it
 * @property {string} author  empty where the description names none
 * @property {string} folder
 */

const modules = inCheckout('node_modules')

/**
 * The packages whose code is shipped, sorted by name: those whose files the engine loads, and those
 * that the bundles of engine, main, preload script and window were made of.
 *
 * @returns {ShippedPackage[]}
 */
export function shippedPackages() {
  const loaded = loadedFiles().map(folderOf)
  const folders = new Set([...loaded, ...bundledFolders()])
  return [...folders]
    .flatMap((folder) => (folder === null ? [] : [describe(folder)]))
    .sort((a, b) => a.name.localeCompare(b.name, 'en') || a.version.localeCompare(b.version, 'en'))
}

/** Each bundle has a map that names every file it was made of. */
function bundledFolders() {
  const maps = ['main', 'preload', 'renderer'].flatMap((part) => {
    const found = filesBelow(inCheckout('out', part)).filter((file) => file.endsWith('.map'))
    if (found.length === 0) throw new SetupFailure(`out/${part} has no map of its sources: type \`npm run setup\`.`)
    return found
  })
  return maps.flatMap((map) => {
    /** @type {{ sources: string[] }} */
    const { sources } = JSON.parse(readFileSync(map, 'utf8'))
    return sources.map((source) => folderOf(path.resolve(path.dirname(map), source)))
  })
}

/** @param {string} request  e.g. `echarts/core` */
function packageName(request) {
  const parts = request.split('/')
  return parts.slice(0, request.startsWith('@') ? 2 : 1).join('/')
}

/** The package that a file belongs to, or null for our own. @param {string} file */
function folderOf(file) {
  const at = file.lastIndexOf(`${path.sep}node_modules${path.sep}`)
  if (at < 0 || !file.startsWith(modules)) return null
  const root = file.slice(0, at + `${path.sep}node_modules${path.sep}`.length)
  return path.join(root, packageName(file.slice(root.length).split(path.sep).join('/')))
}

/** @param {string} folder @returns {ShippedPackage} */
function describe(folder) {
  const { name, version, license, licenses, author } = JSON.parse(
    readFileSync(path.join(folder, 'package.json'), 'utf8'),
  )
  const named = license ?? licenses?.[0]
  return {
    name,
    version,
    licence: typeof named === 'string' ? named : (named?.type ?? ''),
    author: typeof author === 'string' ? author : (author?.name ?? ''),
    folder,
  }
}
