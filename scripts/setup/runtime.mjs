import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { inCheckout } from './places.mjs'

/**
 * `.vitrine/runtime.json`: what set-up chose on this machine. Tests, `start` and `vitrine` read it.
 *
 * @typedef {object} Runtime
 * @property {string} [node]  path of the Node that runs the engine, the tests and the builds
 * @property {{ version: string, executable: string, source: 'electron' | 'packaged' }} [electron]
 * @property {'cpu' | 'gpu'} [device]  the build of TensorFlow that was asked for
 * @property {{ version: string, device: 'cpu' | 'gpu', folder: string, key: string }} [tensorflow]
 */

export const runtimeFile = inCheckout('.vitrine', 'runtime.json')

/** @returns {Runtime} what is recorded; nothing where set-up hasn't run or the file can't be read */
export function readRuntime() {
  try {
    return JSON.parse(readFileSync(runtimeFile, 'utf8'))
  } catch {
    return {}
  }
}

/** Adds to what is recorded. @param {Runtime} changes */
export function recordRuntime(changes) {
  const next = { ...readRuntime(), ...changes }
  mkdirSync(inCheckout('.vitrine'), { recursive: true })
  const partial = `${runtimeFile}.${process.pid}.partial`
  writeFileSync(partial, `${JSON.stringify(next, null, 2)}\n`)
  renameSync(partial, runtimeFile)
}
