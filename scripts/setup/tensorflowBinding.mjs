import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import path from 'node:path'
import { lastLine, run } from './commands.mjs'
import { SetupFailure } from './failure.mjs'
import { textHash, treeHash } from './hashes.mjs'
import { requireNode } from './nodeRuntime.mjs'
import { inCache, inCheckout, isLinuxX64 } from './places.mjs'
import { readRuntime, recordRuntime } from './runtime.mjs'
import { deviceFor, libraryFolder, libraryPaths } from './tensorflowLibrary.mjs'
import { textOf } from './textFile.mjs'
import { tensorflowVersion } from './versions.mjs'

const packageFolder = inCheckout('node_modules', '@tensorflow', 'tfjs-node-gpu')
const sourceFolder = path.join(packageFolder, 'binding')
const kernelFolder = inCheckout('src', 'main', 'engine', 'backend', 'kernels')
const target = path.join(packageFolder, 'lib', 'napi-v8', 'tfjs_binding.node')
const bindingFlags = ['-std=c++17', '-O2', '-fPIC', '-DNAPI_VERSION=8', '-DNODE_GYP_MODULE_NAME=tfjs_binding']
const kernelFlags = ['-std=c++17', '-O3', '-fPIC', '-fno-math-errno', '-fno-trapping-math', '-ffp-contract=fast']

/**
 * What is compiled, one object file each. The kernels' arithmetic is compiled for three generations
 * of processors; the addon chooses when it is loaded.
 *
 * @type {{ name: string, source: string, flags: string[] }[]}
 */
const units = [
  { name: 'backend', source: path.join(sourceFolder, 'tfjs_backend.cc'), flags: bindingFlags },
  { name: 'binding', source: path.join(sourceFolder, 'tfjs_binding.cc'), flags: bindingFlags },
  ...['operations', 'operation', 'threadPool'].map((name) => kernelUnit(name, name, [])),
  kernelUnit('baseline', 'arithmetic', ['-DVITRINE_TABLE=baselineKernels']),
  kernelUnit('avx2', 'arithmetic', ['-DVITRINE_TABLE=avx2Kernels', '-mavx2', '-mfma']),
  kernelUnit('avx512', 'arithmetic', [
    '-DVITRINE_TABLE=avx512Kernels',
    '-mavx512f',
    '-mfma',
    '-mprefer-vector-width=512',
  ]),
]

/** @param {string} name @param {string} source @param {string[]} flags */
function kernelUnit(name, source, flags) {
  return { name, source: path.join(kernelFolder, `${source}.cc`), flags: [...kernelFlags, ...flags] }
}

/**
 * tfjs-node's addon, compiled from the sources in its package and our own kernels against the
 * TensorFlow library. On macOS and Windows the package's own install script fetches a finished one,
 * without the kernels.
 *
 * @type {import('./steps.mjs').Step}
 */
export const tensorflowBinding = {
  name: 'TensorFlow binding',
  ready(options) {
    if (!isLinuxX64) return existsSync(target)
    const { tensorflow } = readRuntime()
    if (tensorflow === undefined || !existsSync(target)) return false
    const key = bindingKey(options)
    return tensorflow.key === key && textOf(stampOf(target)) === key
  },
  async run(report, options) {
    if (!isLinuxX64) return upstreamInstall(report, options)
    const key = bindingKey(options)
    const compiled = inCache('bindings', key.slice(0, 16), 'tfjs_binding.node')
    if (!existsSync(compiled)) {
      report('compiling')
      const library = libraryFolder(deviceFor(options))
      await compileBinding(compiled, library, libraryPaths(library))
    }
    install(compiled, key)
    const device = deviceFor(options)
    recordRuntime({ tensorflow: { version: tensorflowVersion, device, folder: libraryFolder(device), key } })
    return `on TensorFlow ${tensorflowVersion}`
  },
  found: () => (existsSync(target) ? (readRuntime().tensorflow?.device ?? 'there') : null),
}

/** @param {string} file */
function stampOf(file) {
  return `${file}.key`
}

/** Changes with all that the compiled file depends on. @param {import('./steps.mjs').SetupOptions} options */
function bindingKey(options) {
  const flags = units.flatMap((unit) => unit.flags).join(' ')
  const sources = [treeHash(sourceFolder, ['.']), treeHash(kernelFolder, ['.'])]
  return textHash(...sources, flags, tensorflowVersion, libraryFolder(deviceFor(options)))
}

/**
 * Compiles the addon and the kernels.
 *
 * @param {string} compiled  the file to make
 * @param {string} library  folder of the TensorFlow library
 * @param {string[]} runPaths  where it looks for libraries when it is loaded; may begin with `$ORIGIN`, its own folder
 */
export async function compileBinding(compiled, library, runPaths) {
  const folder = path.dirname(compiled)
  mkdirSync(folder, { recursive: true })
  const includes = [
    sourceFolder,
    packageFolder,
    path.join(library, 'tensorflow', 'include'),
    inCheckout('node_modules', 'node-api-headers', 'include'),
  ].map((include) => `-I${include}`)
  const objects = units.map(({ name }) => path.join(folder, `${name}.o`))
  await inParallel(availableParallelism(), units, async ({ source, flags }, index) => {
    await compiler([...flags, ...includes, '-c', source, '-o', objects[index] ?? ''])
  })
  const partial = `${compiled}.partial`
  await compiler([
    '-shared',
    ...objects,
    '-o',
    partial,
    `-L${path.join(library, 'tensorflow')}`,
    '-l:libtensorflow_cc.so.2',
    '-l:libtensorflow_framework.so.2',
    // An old-style run path also serves the libraries that TensorFlow opens later, CUDA's.
    '-Wl,--disable-new-dtags',
    `-Wl,-rpath-link,${libraryPaths(library).join(':')}`,
    ...runPaths.map((place) => `-Wl,-rpath,${place}`),
  ])
  for (const object of objects) rmSync(object)
  renameSync(partial, compiled)
}

/** @param {string[]} parameters */
async function compiler(parameters) {
  const { code, output } = await run('g++', parameters)
  if (code === 0) return
  throw new SetupFailure(
    `The TensorFlow binding could not be compiled (${lastLine(output)}): install a C++17 compiler with \`sudo apt-get install g++\`.`,
  )
}

/**
 * Works on all items, so many at a time.
 *
 * @template Item
 * @param {number} width
 * @param {readonly Item[]} items
 * @param {(item: Item, index: number) => Promise<void>} work
 */
async function inParallel(width, items, work) {
  const waiting = items.entries()
  const lane = async () => {
    for (const [index, item] of waiting) await work(item, index)
  }
  await Promise.all(Array.from({ length: width }, lane))
}

/** A new file takes the old one's place, so that a running engine keeps its own. @param {string} compiled @param {string} key */
function install(compiled, key) {
  mkdirSync(path.dirname(target), { recursive: true })
  copyFileSync(compiled, `${target}.partial`)
  renameSync(`${target}.partial`, target)
  writeFileSync(stampOf(target), key)
}

/** @param {(detail: string) => void} report @param {import('./steps.mjs').SetupOptions} options */
async function upstreamInstall(report, options) {
  const device = process.platform === 'win32' ? deviceFor(options) : 'cpu'
  report(`the install script of @tensorflow/tfjs-node-gpu, ${device}`)
  const parameters = [path.join(packageFolder, 'scripts', 'install.js'), device, 'download']
  const commands = inCheckout('node_modules', '.bin')
  const { code, output } = await run(requireNode(), parameters, {
    cwd: packageFolder,
    env: { PATH: `${commands}${path.delimiter}${process.env.PATH ?? ''}` },
  })
  if (code !== 0 || !existsSync(target)) {
    throw new SetupFailure(
      `TensorFlow could not be installed (${lastLine(output)}): run \`node scripts/install.js ${device} download\` in node_modules/@tensorflow/tfjs-node-gpu.`,
    )
  }
  return `upstream's binary for ${device}; this system is untried`
}
