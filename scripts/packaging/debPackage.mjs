import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { lastLine, run } from '../setup/commands.mjs'
import { SetupFailure } from '../setup/failure.mjs'
import { fileHash } from '../setup/hashes.mjs'
import { folderBytes } from '../setup/folderSize.mjs'
import { filesBelow } from './elf.mjs'
import { debianNeeds } from './systemLibraries.mjs'

/**
 * @typedef {object} PackageJob  what every kind of package is made from
 * @property {import('./places.mjs').Product} product
 * @property {string} name  of the package, e.g. `vitrine-gpu`
 * @property {string | null} excludes  package that can't be installed beside it
 * @property {string} root  files as they are on a system
 * @property {import('./elf.mjs').LinkNeeds} needs
 * @property {string} outFolder
 * @property {boolean} fast  packs quickly instead of small
 */

/**
 * Makes a package for Debian and Ubuntu. It has no scripts: desktop, MIME type and icons are taken up
 * by the system's own triggers, and what users make stays when it is removed.
 *
 * @param {PackageJob} job
 * @returns {Promise<string>} the package's file
 */
export async function makeDeb({ product, name, excludes, root, needs, outFolder, fast }) {
  const control = path.join(root, 'DEBIAN')
  const installedKilobytes = Math.ceil(folderBytes(root) / 1024)
  const sums = await checksums(root)
  mkdirSync(control, { mode: 0o755 })
  const { depends, recommends } = debianNeeds(needs)
  const fields = [
    `Package: ${name}`,
    `Version: ${product.version}`,
    'Architecture: amd64',
    'Section: science',
    'Priority: optional',
    `Installed-Size: ${installedKilobytes}`,
    'Maintainer: The Vitrine authors <vitrine@localhost>',
    `Depends: ${depends.join(', ')}`,
    `Recommends: ${recommends.join(', ')}`,
    ...(excludes === null ? [] : [`Conflicts: ${excludes}`]),
    `Description: ${product.description}`,
    ' Trains Vision Transformers on your own images and shows what they attend to,',
    ' in a window or from the command line, with all data on this machine.',
  ]
  writeFileSync(path.join(control, 'control'), `${fields.join('\n')}\n`)
  writeFileSync(path.join(control, 'md5sums'), sums)
  // Debian's sandbox helper needs the set-uid bit where the kernel gives users no namespaces.
  chmodSync(path.join(root, 'opt', 'vitrine', 'chrome-sandbox'), 0o4755)
  const file = path.join(outFolder, `${name}_${product.version}_amd64.deb`)
  const packing = fast ? ['-Zzstd', '-z1'] : ['-Zxz', '-z6']
  const { code, output } = await run('dpkg-deb', [...packing, '--root-owner-group', '--build', root, file])
  rmSync(control, { recursive: true })
  if (code !== 0) throw new SetupFailure(`The .deb package could not be made (${lastLine(output)}).`)
  return file
}

/** What `dpkg --verify` compares with. @param {string} root */
async function checksums(root) {
  const lines = []
  for (const file of filesBelow(root)) lines.push(`${await fileHash(file, 'md5', 'hex')}  ${path.relative(root, file)}`)
  return `${lines.join('\n')}\n`
}
