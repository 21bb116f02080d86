import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { lastLine, run } from '../setup/commands.mjs'
import { SetupFailure } from '../setup/failure.mjs'
import { inCheckout } from '../setup/places.mjs'
import { iconFile, iconSides } from './icons.mjs'
import { distFolder, stage, unpackedApp } from './places.mjs'

/** Where packages of Linux put the application. */
export const installFolder = path.join('opt', 'vitrine')

/**
 * Lays out the files as they are on a system after installation. Large files are links to those of
 * the application's folder.
 *
 * @returns {Promise<string>} root of the layout
 */
export async function layOutLinux() {
  const root = path.join(distFolder, 'root')
  rmSync(root, { recursive: true, force: true })
  mkdirSync(path.join(root, 'opt'), { recursive: true })
  finishApp()
  await copyLinked(unpackedApp, path.join(root, installFolder))
  place(inCheckout('packaging', 'linux', 'vitrine.desktop'), root, 'usr/share/applications/vitrine.desktop')
  place(inCheckout('packaging', 'linux', 'vitrine.xml'), root, 'usr/share/mime/packages/vitrine.xml')
  for (const side of iconSides) {
    place(iconFile(side), root, `usr/share/icons/hicolor/${side}x${side}/apps/vitrine.png`)
  }
  place(inCheckout('resources', 'icon.svg'), root, 'usr/share/icons/hicolor/scalable/apps/vitrine.svg')
  place(stage.notices, root, 'usr/share/doc/vitrine/copyright')
  mkdirSync(path.join(root, 'usr', 'bin'), { recursive: true })
  symlinkSync(path.join('/', installFolder, 'bin', 'vitrine'), path.join(root, 'usr', 'bin', 'vitrine'))
  return root
}

/** What belongs to the application wherever it lies: the launcher and its icon. */
function finishApp() {
  const launcher = path.join(unpackedApp, 'bin', 'vitrine')
  mkdirSync(path.dirname(launcher), { recursive: true })
  writeFileSync(launcher, launcherScript())
  chmodSync(launcher, 0o755)
  copyFileSync(iconFile(256), path.join(unpackedApp, 'vitrine.png'))
}

/** The engine's environment is the same from a terminal as from the window. */
function launcherScript() {
  /** @type {Record<string, string>} */
  const environment = JSON.parse(readFileSync(inCheckout('src', 'shared', 'allocatorEnvironment.json'), 'utf8'))
  const lines = Object.entries(environment).map(([name, value]) => `  : "\${${name}:=${value}}"`)
  const exported = `  export ${Object.keys(environment).join(' ')}`
  return readFileSync(inCheckout('packaging', 'linux', 'launcher.sh'), 'utf8').replace(
    '@ENVIRONMENT@',
    [...lines, exported].join('\n'),
  )
}

/** @param {string} source @param {string} root @param {string} target */
function place(source, root, target) {
  const full = path.join(root, target)
  mkdirSync(path.dirname(full), { recursive: true })
  copyFileSync(source, full)
  chmodSync(full, 0o644)
}

/** Copies a folder by hard links, which takes no room. @param {string} source @param {string} target */
export async function copyLinked(source, target) {
  const { code, output } = await run('cp', ['-al', source, target])
  if (code !== 0) throw new SetupFailure(`${source} could not be laid out (${lastLine(output)}): free some disk space.`)
}
