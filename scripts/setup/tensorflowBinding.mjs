import { copyFileSync, existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
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
const sources = ['tfjs_backend.cc', 'tfjs_binding.cc']
const target = path.join(packageFolder, 'lib', 'napi-v8', 'tfjs_binding.node')
const flags = ['-std=c++17', '-O2', '-fPIC', '-shared', '-DNAPI_VERSION=8', '-DNODE_GYP_MODULE_NAME=tfjs_binding']

/**
 * tfjs-node's addon, compiled from the sources in its package against the TensorFlow library. On
 * macOS and Windows the package's own install script fetches a finished one.
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
      await compile(compiled, options)
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
  return textHash(treeHash(sourceFolder, ['.']), flags.join(' '), tensorflowVersion, libraryFolder(deviceFor(options)))
}

/** @param {string} compiled @param {import('./steps.mjs').SetupOptions} options */
async function compile(compiled, options) {
  const library = libraryFolder(deviceFor(options))
  const includes = [
    '.',
    '..',
    path.join(library, 'tensorflow', 'include'),
    inCheckout('node_modules', 'node-api-headers', 'include'),
  ]
  const paths = libraryPaths(library)
  mkdirSync(path.dirname(compiled), { recursive: true })
  const partial = `${compiled}.partial`
  const parameters = [
    ...flags,
    ...includes.map((folder) => `-I${folder}`),
    ...sources,
    '-o',
    partial,
    `-L${path.join(library, 'tensorflow')}`,
    '-l:libtensorflow_cc.so.2',
    '-l:libtensorflow_framework.so.2',
    // An old-style run path also serves the libraries that TensorFlow opens later, CUDA's.
    '-Wl,--disable-new-dtags',
    `-Wl,-rpath-link,${paths.join(':')}`,
    ...paths.map((folder) => `-Wl,-rpath,${folder}`),
  ]
  const { code, output } = await run('g++', parameters, { cwd: sourceFolder })
  if (code !== 0) {
    throw new SetupFailure(
      `The TensorFlow binding could not be compiled (${lastLine(output)}): install a C++17 compiler with \`sudo apt-get install g++\`.`,
    )
  }
  renameSync(partial, compiled)
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
