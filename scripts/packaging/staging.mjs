import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { SetupFailure } from '../setup/failure.mjs'
import { requireNode } from '../setup/nodeRuntime.mjs'
import { inCheckout, isLinuxX64 } from '../setup/places.mjs'
import { readRuntime } from '../setup/runtime.mjs'
import { libraryPaths } from '../setup/tensorflowLibrary.mjs'
import { addonFolder, placeInPackage, relocatableBinding } from './binding.mjs'
import { filesBelow } from './elf.mjs'
import { product, stage } from './places.mjs'
import { copyStripped } from './strippedCopy.mjs'
import { tracedFiles } from './tracedFiles.mjs'

const built = inCheckout('out')
const tensorflowPackage = path.join('node_modules', '@tensorflow', 'tfjs-node-gpu')
const outsideBundle = ['@tensorflow/tfjs-node-gpu', 'sharp']
const sharedLibrary = /\.so(\.\d+)*$/
/** Maps are for reading the code, and no part of the program reads them. */
const isShipped = (/** @type {string} */ file) => !file.endsWith('.map')

/**
 * Collects what the application is made of, each in its own folder, with nothing in them that isn't
 * loaded. Libraries keep their code and lose their symbol tables.
 */
export async function collect() {
  rmSync(path.dirname(stage.app), { recursive: true, force: true })
  collectApp()
  await collectEngine()
  await copyStripped(requireNode(), path.join(stage.node, 'bin', path.basename(requireNode())))
  copyTree(path.join(built, 'resources'), stage.samples)
}

/** Main process, preload script and window, whose packages are all bundled in. */
function collectApp() {
  for (const part of ['preload', 'renderer']) copyTree(path.join(built, part), path.join(stage.app, 'out', part))
  copyTree(path.join(built, 'main', 'index.js'), path.join(stage.app, 'out', 'main', 'index.js'))
  const { name, version, description, license } = product()
  writeDescription(stage.app, {
    name,
    version,
    description,
    license,
    type: 'module',
    main: 'out/main/index.js',
    // By this name a desktop finds the window's icon.
    desktopName: 'vitrine.desktop',
  })
}

async function collectEngine() {
  copyTree(path.join(built, 'main', 'engine'), stage.engine)
  const { name, version } = product()
  writeDescription(stage.engine, { name: `${name}-engine`, version, private: true, type: 'module' })
  for (const file of loadedFiles()) {
    await copyStripped(file, path.join(stage.engine, path.relative(inCheckout(), file)))
  }
  await collectTensorflow(path.join(stage.engine, tensorflowPackage))
}

/** Every file of `node_modules` that the engine loads. */
export function loadedFiles() {
  return tracedFiles(outsideBundle.map((name) => fileURLToPath(import.meta.resolve(name))))
}

/** The addon and TensorFlow beside it. @param {string} target  the addon's package in the stage */
async function collectTensorflow(target) {
  const { tensorflow } = readRuntime()
  if (!isLinuxX64) {
    // Upstream's own installer has put both into the package, the library with headers.
    for (const folder of ['lib', path.join('deps', 'lib')])
      copyTree(inCheckout(tensorflowPackage, folder), path.join(target, folder))
    return
  }
  if (tensorflow === undefined) throw new SetupFailure('TensorFlow is missing: type `npm run setup`.')
  const folders = libraryPaths(tensorflow.folder)
  const binding = await relocatableBinding(
    tensorflow,
    folders.map((folder) => path.relative(tensorflow.folder, folder)),
  )
  await copyStripped(binding, path.join(target, addonFolder, path.basename(binding)))
  for (const folder of folders) {
    for (const name of readdirSync(folder).filter((file) => sharedLibrary.test(file))) {
      const place = placeInPackage(path.relative(tensorflow.folder, path.join(folder, name)))
      await copyStripped(path.join(folder, name), path.join(target, place))
    }
  }
  await collectCudaCompiler(tensorflow.folder, target)
}

/** What XLA compiles for a GPU with; not there in the processor's build. @param {string} library @param {string} target */
async function collectCudaCompiler(library, target) {
  const compiler = path.join(library, 'nvidia', 'cuda_nvcc')
  if (!existsSync(compiler)) return
  for (const file of filesBelow(compiler)) {
    await copyStripped(file, path.join(target, placeInPackage(path.relative(library, file))))
  }
}

/** @param {string} source  file or folder @param {string} target */
function copyTree(source, target) {
  if (!existsSync(source)) throw new SetupFailure(`${source} is missing: type \`npm run setup\`.`)
  cpSync(source, target, { recursive: true, filter: isShipped })
}

/** @param {string} folder @param {object} description */
function writeDescription(folder, description) {
  mkdirSync(folder, { recursive: true })
  writeFileSync(path.join(folder, 'package.json'), `${JSON.stringify(description, null, 2)}\n`)
}
