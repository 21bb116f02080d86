import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { hasCommand, lastLine, run } from '../setup/commands.mjs'
import { SetupFailure } from '../setup/failure.mjs'
import { distFolder } from './places.mjs'
import { rpmNeeds } from './systemLibraries.mjs'

/**
 * Makes a package for Fedora, openSUSE and their like, from the same files.
 *
 * @param {import('./debPackage.mjs').PackageJob} job
 * @returns {Promise<string>} the package's file
 */
export async function makeRpm(job) {
  if (!hasCommand('rpmbuild')) {
    throw new SetupFailure(
      'rpmbuild is missing: type `sudo apt-get install rpm`, or leave .rpm out with `--only deb,tar`.',
    )
  }
  const work = path.join(distFolder, 'rpm')
  rmSync(work, { recursive: true, force: true })
  mkdirSync(work, { recursive: true })
  const spec = path.join(work, 'vitrine.spec')
  writeFileSync(spec, specOf(job))
  const { code, output } = await run('rpmbuild', ['-bb', '--target', 'x86_64', '--define', `_topdir ${work}`, spec])
  const made = code === 0 ? readdirSync(path.join(work, 'RPMS', 'x86_64')) : []
  const [name] = made
  if (name === undefined) throw new SetupFailure(`The .rpm package could not be made (${lastLine(output)}).`)
  const file = path.join(job.outFolder, name)
  renameSync(path.join(work, 'RPMS', 'x86_64', name), file)
  rmSync(work, { recursive: true })
  return file
}

/** @param {import('./debPackage.mjs').PackageJob} job */
function specOf({ product, name, excludes, root, needs, fast }) {
  return [
    `Name: ${name}`,
    // A version with a hyphen is one before a release, which RPM writes with a tilde.
    `Version: ${product.version.replace('-', '~')}`,
    'Release: 1',
    `Summary: ${product.description}`,
    `License: ${product.license}`,
    'BuildArch: x86_64',
    // What is needed is read from the programs; RPM's own search would find the libraries inside too.
    'AutoReqProv: no',
    ...rpmNeeds(needs).map((need) => `Requires: ${need}`),
    ...(excludes === null ? [] : [`Conflicts: ${excludes}`]),
    // The files are finished: no stripping, no byte-compiling, no links by build identity.
    '%global __os_install_post %{nil}',
    '%global debug_package %{nil}',
    '%global _build_id_links none',
    `%global _binary_payload ${fast ? 'w1.zstdio' : 'w15T2.zstdio'}`,
    '%description',
    'Trains Vision Transformers on your own images and shows what they attend to,',
    'in a window or from the command line, with all data on this machine.',
    '%install',
    'mkdir -p %{buildroot}',
    `cp -al ${root}/. %{buildroot}/`,
    '%files',
    '%defattr(-,root,root,-)',
    '%attr(4755,root,root) /opt/vitrine/chrome-sandbox',
    '/opt/vitrine',
    '/usr/bin/vitrine',
    '/usr/share/applications/vitrine.desktop',
    '/usr/share/mime/packages/vitrine.xml',
    '/usr/share/icons/hicolor/*/apps/vitrine.*',
    '%license /usr/share/doc/vitrine/copyright',
    '',
  ].join('\n')
}
