import { copyFileSync, linkSync, mkdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { filesBelow } from '../scripts/packaging/elf.mjs'
import { distFolder, product, stage } from '../scripts/packaging/places.mjs'
import { readRuntime } from '../scripts/setup/runtime.mjs'

/**
 * The application's folder on all systems, and the installers of macOS and Windows. Linux packages
 * are made of that folder by `scripts/packaging`. `npm run dist` collects everything first and calls
 * this.
 */

const { electron } = readRuntime()
if (electron === undefined) throw new Error('Electron is missing: type `npm run setup`.')

/** What an Electron brings that a packaged application doesn't use. */
const unusedParts = ['resources/app', 'resources/default_app.asar', 'browser_v8_context_snapshot.bin', 'version']

/**
 * Puts the engine and what it needs beside the archive, by hard links: electron-builder's own copying
 * leaves out every folder named `node_modules`.
 *
 * @param {{ appOutDir: string, electronPlatformName: string, packager: { getResourcesDir(folder: string): string } }} context
 */
function finishFolder({ appOutDir, electronPlatformName, packager }) {
  const resources = packager.getResourcesDir(appOutDir)
  for (const [name, source] of Object.entries({ engine: stage.engine, node: stage.node, samples: stage.samples })) {
    linkTree(source, path.join(resources, name))
  }
  copyFileSync(stage.notices, path.join(resources, 'NOTICES.txt'))
  if (electronPlatformName === 'darwin') return
  for (const part of unusedParts) rmSync(path.join(appOutDir, part), { recursive: true, force: true })
}

/** @param {string} source @param {string} target */
function linkTree(source, target) {
  for (const file of filesBelow(source)) {
    const place = path.join(target, path.relative(source, file))
    mkdirSync(path.dirname(place), { recursive: true })
    linkSync(file, place)
  }
}

const { version, description } = product()

export default {
  appId: 'org.vitrine.desktop',
  productName: 'Vitrine',
  copyright: `Vitrine ${version}`,
  electronVersion: electron.version,
  // On macOS the executable is three folders deep in the distribution.
  electronDist: distributionOf(electron.executable),
  directories: { app: stage.app, output: distFolder, buildResources: stage.icons },
  // The bundles hold all packages already.
  files: ['**/*', '!**/node_modules/**'],
  asar: true,
  npmRebuild: false,
  electronLanguages: ['en-US'],
  publish: null,
  afterPack: finishFolder,
  electronFuses: {
    runAsNode: false,
    enableCookieEncryption: true,
    enableNodeOptionsEnvironmentVariable: false,
    enableNodeCliInspectArguments: false,
    // Electron checks the archive on macOS and Windows only.
    enableEmbeddedAsarIntegrityValidation: process.platform !== 'linux',
    onlyLoadAppFromAsar: true,
    loadBrowserProcessSpecificV8Snapshot: false,
    grantFileProtocolExtraPrivileges: false,
  },
  // Systems other than Linux go by the last part of a name, and `.json` isn't ours to take.
  fileAssociations: [
    { ext: 'safetensors', name: 'Model weights', mimeType: 'application/x-safetensors', role: 'Viewer' },
  ],
  linux: { target: 'dir', executableName: 'vitrine', icon: stage.icons, category: 'Science', synopsis: description },
  mac: {
    target: ['dmg', 'zip'],
    category: 'public.app-category.developer-tools',
    icon: path.join(stage.icons, 'icon.png'),
  },
  win: { target: 'nsis', icon: path.join(stage.icons, 'icon.png') },
  nsis: {
    oneClick: false,
    perMachine: false,
    allowToChangeInstallationDirectory: true,
    deleteAppDataOnUninstall: false,
  },
}

/** @param {string} executable */
function distributionOf(executable) {
  return process.platform === 'darwin' ? path.resolve(executable, '..', '..', '..', '..') : path.dirname(executable)
}
