import { buildTools, cleanSystemTools, packagingTools, windowPackages } from './debianPackages.mjs'
import { electronRuntime } from './electronRuntime.mjs'
import { engineBuild, windowBuild } from './builds.mjs'
import { nodeRuntime } from './nodeRuntime.mjs'
import { npmPackages } from './npmPackages.mjs'
import { samples } from './samples.mjs'
import { tensorflowBinding } from './tensorflowBinding.mjs'
import { tensorflowLibrary } from './tensorflowLibrary.mjs'

/**
 * @typedef {object} SetupOptions
 * @property {'cpu' | 'gpu'} [device]  which TensorFlow; without it CUDA's where a driver is found
 * @property {boolean} [retryElectron]  try Electron's own download again
 *
 * @typedef {object} Step
 * @property {string} name
 * @property {(options: SetupOptions) => boolean} ready  true where there is nothing to do; quick
 * @property {(report: (detail: string) => void, options: SetupOptions) => Promise<string>} run
 *   does it, from nothing or from whatever an interruption left; returns what there is now
 * @property {(options: SetupOptions) => string | null} found  what there is, for `doctor`
 */

/**
 * Each step, and those that must have ended before it begins.
 * @type {Record<string, { step: Step, after: string[] }>}
 */
export const steps = {
  packages: { step: npmPackages, after: [] },
  node: { step: nodeRuntime, after: [] },
  buildTools: { step: buildTools, after: [] },
  windowPackages: { step: windowPackages, after: ['buildTools'] },
  tensorflowLibrary: { step: tensorflowLibrary, after: ['buildTools'] },
  tensorflowBinding: { step: tensorflowBinding, after: ['packages', 'node', 'buildTools', 'tensorflowLibrary'] },
  electron: { step: electronRuntime, after: ['packages', 'node'] },
  engineBuild: { step: engineBuild, after: ['packages', 'node'] },
  windowBuild: { step: windowBuild, after: ['packages', 'node'] },
  samples: { step: samples, after: ['packages', 'node'] },
  packagingTools: { step: packagingTools, after: ['windowPackages'] },
  cleanSystemTools: { step: cleanSystemTools, after: ['packagingTools'] },
}

/** What the headless command needs: no Electron, no window. */
export const engineSteps = [
  'packages',
  'node',
  'buildTools',
  'tensorflowLibrary',
  'tensorflowBinding',
  'engineBuild',
  'samples',
]
/** What making packages and testing them need besides. */
const packageSteps = ['packagingTools', 'cleanSystemTools']
/** What the window, the builds and the tests need. */
export const allSteps = Object.keys(steps).filter((name) => !packageSteps.includes(name))
export const distSteps = [...allSteps, 'packagingTools']
export const packageTestSteps = [...allSteps, 'cleanSystemTools']
