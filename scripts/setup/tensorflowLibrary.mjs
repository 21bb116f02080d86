import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { hasCommand } from './commands.mjs'
import { inCache, isLinuxX64 } from './places.mjs'
import { replaceFolder } from './replaceFolder.mjs'
import { readRuntime } from './runtime.mjs'
import { textOf } from './textFile.mjs'
import { cpuWheels, gpuWheels, tensorflowVersion } from './versions.mjs'
import { fetchWheels } from './wheels.mjs'
import { unzip } from './zip.mjs'

/** The headers that the binding's and the kernels' sources reach; the other thirteen thousand stay packed. */
const headers = [
  'tensorflow/c/',
  'tensorflow/core/common_runtime/next_pluggable_device/c/',
  'tensorflow/core/platform/',
  'tsl/platform/',
  'xla/tsl/c/',
]
const libraries = /^tensorflow\/libtensorflow_(cc|framework)\.so\.2$/
/** CUDA's libraries, and what XLA needs to compile for a GPU. */
const cuda = /^nvidia\/[^/]+\/(lib\/[^/]+\.so[^/]*|bin\/ptxas|nvvm\/.+)$/
/** What TensorFlow and the code inside it ask to be handed on with it. */
const licence = { packed: 'tensorflow/include/LICENSE', place: 'tensorflow/LICENSE' }
const notices = 'tensorflow/THIRD_PARTY_NOTICES.txt'
const complete = '.complete'
/** Tells a folder that was unpacked for other headers. */
const layout = headers.join(' ')

/**
 * The TensorFlow library out of Python's wheels; no Python runs it.
 * @type {import('./steps.mjs').Step}
 */
export const tensorflowLibrary = {
  name: 'TensorFlow',
  ready: (options) => !isLinuxX64 || isUnpacked(options),
  async run(report, options) {
    const device = deviceFor(options)
    const wanted = device === 'gpu' ? gpuWheels : cpuWheels
    const { folder, files } = await fetchWheels(`tensorflow-${device}`, wanted, report)
    await replaceFolder(libraryFolder(device), async (partial) => {
      for (const [index, file] of files.entries()) {
        report(files.length === 1 ? 'unpacking' : `unpacking ${index + 1} of ${files.length}`)
        await unzip(file, partial, placeOf)
      }
      writeFileSync(path.join(partial, complete), layout)
    })
    rmSync(folder, { recursive: true })
    return `${tensorflowVersion} for ${device === 'gpu' ? 'NVIDIA GPUs' : 'the processor'}`
  },
  found: (options) => (isUnpacked(options) ? `${tensorflowVersion} (${deviceFor(options)})` : null),
}

/** @param {import('./steps.mjs').SetupOptions} options */
function isUnpacked(options) {
  return textOf(path.join(libraryFolder(deviceFor(options)), complete)) === layout
}

/** @param {string} name */
function placeOf(name) {
  if (libraries.test(name) || cuda.test(name) || name === notices) return name
  if (name === licence.packed) return licence.place
  const include = 'tensorflow/include/'
  const header = name.startsWith(include) ? name.slice(include.length) : ''
  return headers.some((start) => header.startsWith(start)) ? name : null
}

/**
 * What was asked for, now or the last time; otherwise CUDA where there is an NVIDIA driver.
 *
 * @param {import('./steps.mjs').SetupOptions} options
 * @returns {'cpu' | 'gpu'}
 */
export function deviceFor({ device }) {
  const asked = device ?? readRuntime().device
  if (asked !== undefined) return asked
  return existsSync('/proc/driver/nvidia/version') || hasCommand('nvidia-smi') ? 'gpu' : 'cpu'
}

/** @param {'cpu' | 'gpu'} device */
export function libraryFolder(device) {
  return inCache(`tensorflow-${tensorflowVersion}-${device}`)
}

/** TensorFlow's licence and the notices of the code inside it. @param {string} folder */
export function libraryNotices(folder) {
  return [licence.place, notices].map((file) => path.join(folder, file))
}

/** Folders with shared libraries, TensorFlow's own first. @param {string} folder */
export function libraryPaths(folder) {
  const nvidia = path.join(folder, 'nvidia')
  const cudaFolders = existsSync(nvidia) ? readdirSync(nvidia).sort() : []
  const inside = cudaFolders.map((name) => path.join(nvidia, name, 'lib')).filter((lib) => existsSync(lib))
  return [path.join(folder, 'tensorflow'), ...inside]
}
