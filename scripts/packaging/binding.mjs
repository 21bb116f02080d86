import { existsSync } from 'node:fs'
import path from 'node:path'
import { textHash } from '../setup/hashes.mjs'
import { inCache } from '../setup/places.mjs'
import { compileBinding } from '../setup/tensorflowBinding.mjs'

/** TensorFlow's shared libraries inside the addon's package, where its own installer puts them too. */
const librariesInPackage = ['deps', 'lib']
/** The addon's folder inside its package. */
export const addonFolder = path.join('lib', 'napi-v8')

/**
 * Where the library's files go inside the addon's package, by where they are in the library's folder:
 * TensorFlow's own two, and CUDA's where they are there.
 *
 * @param {string} file  relative to the library's folder, e.g. `nvidia/cublas/lib/libcublas.so.12`
 */
export function placeInPackage(file) {
  const [first, ...rest] = file.split('/')
  return first === 'tensorflow' ? path.join(...librariesInPackage, ...rest) : path.join('deps', file)
}

/**
 * The addon for a package: it finds the libraries relative to itself, wherever it is installed, and
 * names no folder of the machine that it was compiled on.
 *
 * @param {{ folder: string, key: string }} tensorflow  as set-up recorded it
 * @param {string[]} libraryFolders  relative to the library's folder
 * @returns {Promise<string>} path of the compiled file
 */
export async function relocatableBinding({ folder, key }, libraryFolders) {
  const runPaths = libraryFolders.map((library) => {
    const place = path.dirname(placeInPackage(path.join(library, 'any')))
    return `$ORIGIN/${path.relative(addonFolder, place)}`
  })
  const compiled = inCache('bindings', textHash(key, ...runPaths).slice(0, 16), 'tfjs_binding.node')
  if (!existsSync(compiled)) await compileBinding(compiled, folder, runPaths)
  return compiled
}
