import { homedir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

/** Root of the checkout. */
export const checkout = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..')

/** Where downloads and what is made of them are kept: outside the checkout, shared by all checkouts. */
export function cacheFolder(environment = process.env) {
  if (environment.VITRINE_CACHE) return path.resolve(environment.VITRINE_CACHE)
  return path.join(environment.XDG_CACHE_HOME ?? path.join(homedir(), '.cache'), 'vitrine')
}

/** @param {string[]} parts */
export function inCheckout(...parts) {
  return path.join(checkout, ...parts)
}

/** @param {string[]} parts */
export function inCache(...parts) {
  return path.join(cacheFolder(), ...parts)
}

export const isLinuxX64 = process.platform === 'linux' && process.arch === 'x64'
