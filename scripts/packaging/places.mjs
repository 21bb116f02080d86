import { readFileSync } from 'node:fs'
import path from 'node:path'
import { inCheckout } from '../setup/places.mjs'

/** Where packages are made: all of it may be removed at any time. */
export const distFolder = inCheckout('dist')

/** What goes into the application, as it was collected for electron-builder. */
export const stage = {
  /** Becomes `app.asar`: main process, preload script and window. */
  app: path.join(distFolder, 'stage', 'app'),
  /** The engine with the packages that it loads. */
  engine: path.join(distFolder, 'stage', 'engine'),
  /** The Node that runs it. */
  node: path.join(distFolder, 'stage', 'node'),
  samples: path.join(distFolder, 'stage', 'samples'),
  icons: path.join(distFolder, 'stage', 'icons'),
  notices: path.join(distFolder, 'stage', 'notices', 'NOTICES.txt'),
}

/** The application as electron-builder leaves it on Linux. */
export const unpackedApp = path.join(distFolder, 'linux-unpacked')

/**
 * @typedef {object} Product
 * @property {string} name
 * @property {string} version
 * @property {string} description
 * @property {string} license
 */

/** What `package.json` says of the product. @returns {Product} */
export function product() {
  return JSON.parse(readFileSync(inCheckout('package.json'), 'utf8'))
}
