import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { lastLine, run } from '../setup/commands.mjs'
import { SetupFailure } from '../setup/failure.mjs'
import { copyLinked } from './linuxTree.mjs'
import { distFolder, unpackedApp } from './places.mjs'

const readme = `Vitrine

bin/vitrine              opens the window
bin/vitrine --help       tells about the commands that need no window

The folder may lie anywhere and be removed at any time; runs and datasets are kept in
~/.local/share/vitrine, settings in ~/.config/vitrine.

Where the system gives programs no user namespaces, the window's sandbox needs its helper set up once:
sudo chown root chrome-sandbox && sudo chmod 4755 chrome-sandbox
`

/**
 * Makes an archive that runs from any folder, without installation.
 *
 * @param {import('./debPackage.mjs').PackageJob} job
 * @returns {Promise<string>} the archive's file
 */
export async function makeTarball({ product, name, outFolder, fast }) {
  const label = `${name}-${product.version}-linux-x64`
  const work = path.join(distFolder, 'portable')
  rmSync(work, { recursive: true, force: true })
  mkdirSync(work, { recursive: true })
  await copyLinked(unpackedApp, path.join(work, label))
  chmodSync(path.join(work, label, 'chrome-sandbox'), 0o755)
  writeFileSync(path.join(work, label, 'README.txt'), readme)
  const file = path.join(outFolder, `${label}.tar.gz`)
  const parameters = ['--create', '--file', file, '--owner=0', '--group=0', '--numeric-owner', '--sort=name']
  const packing = `--use-compress-program=gzip -${fast ? 1 : 9}`
  const { code, output } = await run('tar', [...parameters, packing, '-C', work, label])
  rmSync(work, { recursive: true })
  if (code !== 0) throw new SetupFailure(`The archive could not be made (${lastLine(output)}).`)
  return file
}
