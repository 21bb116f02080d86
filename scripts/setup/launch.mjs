import { readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { SetupFailure } from './failure.mjs'
import { readRuntime } from './runtime.mjs'

/** Electron's path, after set-up. @returns {string} */
export function requireElectron() {
  const { electron } = readRuntime()
  if (electron === undefined) throw new SetupFailure('Electron is missing: type `npm run setup`.')
  return electron.executable
}

/** True where a window can be shown. */
export function hasDisplay() {
  return process.platform !== 'linux' || Boolean(process.env.DISPLAY) || Boolean(process.env.WAYLAND_DISPLAY)
}

/**
 * `--no-sandbox` where Chromium's sandbox can't work: for root, or where neither unprivileged user
 * namespaces nor the set-uid helper beside Electron can be used.
 *
 * @param {string} electron
 * @returns {string[]}
 */
export function sandboxSwitches(electron) {
  if (process.platform !== 'linux') return []
  const namespaces =
    setting('kernel/unprivileged_userns_clone') !== '0' &&
    setting('kernel/apparmor_restrict_unprivileged_userns') !== '1' &&
    setting('user/max_user_namespaces') !== '0'
  const works =
    process.getuid?.() !== 0 && (namespaces || isSetUidRoot(path.join(path.dirname(electron), 'chrome-sandbox')))
  return works ? [] : ['--no-sandbox']
}

/** A kernel setting; null where this kernel has none of that name. @param {string} name */
function setting(name) {
  try {
    return readFileSync(`/proc/sys/${name}`, 'utf8').trim()
  } catch {
    return null
  }
}

/** @param {string} file */
function isSetUidRoot(file) {
  const stat = statSync(file, { throwIfNoEntry: false })
  return stat !== undefined && stat.uid === 0 && (stat.mode & 0o4000) !== 0
}
