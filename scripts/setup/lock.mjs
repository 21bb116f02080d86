import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { cacheFolder, inCache } from './places.mjs'

const pollMs = 500

/**
 * Does something that no other set-up with the same cache does at the same time. A lock whose
 * process is gone is taken over.
 *
 * @template T
 * @param {() => void} onWait  called once, when another set-up is at work
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withSetupLock(onWait, work) {
  mkdirSync(cacheFolder(), { recursive: true })
  const file = inCache('setup.lock')
  for (let told = false; !take(file); await wait(pollMs)) {
    if (!told) onWait()
    told = true
  }
  const release = () => rmSync(file, { force: true })
  process.once('exit', release)
  try {
    return await work()
  } finally {
    process.off('exit', release)
    release()
  }
}

/** @param {string} file @returns {boolean} */
function take(file) {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' })
    return true
  } catch {
    if (!isStale(file)) return false
    // Of two that find it stale only one can move it away.
    const aside = `${file}.${process.pid}`
    try {
      renameSync(file, aside)
      rmSync(aside)
    } catch {
      return false
    }
    return take(file)
  }
}

/** @param {string} file */
function isStale(file) {
  try {
    const owner = Number(readFileSync(file, 'utf8'))
    if (!Number.isInteger(owner) || owner <= 0) return false
    process.kill(owner, 0)
    return false
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH'
  }
}
