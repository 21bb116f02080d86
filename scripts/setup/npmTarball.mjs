import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import path from 'node:path'
import { lastLine, npmCommand, run } from './commands.mjs'
import { SetupFailure } from './failure.mjs'
import { fileHash } from './hashes.mjs'
import { inCache } from './places.mjs'
import { megabytes } from './progress.mjs'

const stallSeconds = 60

/**
 * Fetches a package as npm packs it, and verifies it. The caller removes the file when it is done.
 *
 * @param {import('./versions.mjs').NpmDownload} download
 * @param {(detail: string) => void} report
 * @returns {Promise<string>} path of the verified file
 */
export async function fetchNpmTarball({ name, version, integrity, sizeBytes }, report) {
  const stem = `${name.replace(/^@/, '').replace('/', '-')}-${version}`
  const final = inCache('downloads', `${stem}.tgz`)
  const partial = `${final}.partial`
  rmSync(partial, { recursive: true, force: true })
  mkdirSync(partial, { recursive: true })
  const [command, first] = npmCommand()
  // npm keeps a second copy in its own cache; a private one is removed with the rest afterwards.
  const parameters = [...first, 'pack', `${name}@${version}`, '--silent', '--ignore-scripts']
  const { code, output } = await run(
    command,
    [...parameters, '--pack-destination', partial, '--cache', path.join(partial, 'cache')],
    { watch: { folder: partial, stallSeconds, grown: (bytes) => report(megabytes(bytes, sizeBytes)) } },
  )
  const packed = readdirSync(partial).find((file) => file.endsWith('.tgz'))
  if (code !== 0 || packed === undefined) {
    throw new SetupFailure(
      `The npm package ${name}@${version} could not be fetched (${lastLine(output)}): check the network and type \`npm run setup\` again.`,
    )
  }
  const [algorithm, expected] = integrity.split('-')
  if (algorithm !== 'sha512' || (await fileHash(path.join(partial, packed), 'sha512', 'base64')) !== expected) {
    rmSync(partial, { recursive: true, force: true })
    throw new SetupFailure(
      `The npm package ${name}@${version} arrived damaged: type \`npm run setup\` again to fetch it anew.`,
    )
  }
  renameSync(path.join(partial, packed), final)
  rmSync(partial, { recursive: true, force: true })
  return final
}

/**
 * Unpacks such a file, or the named members of it; all of them lie below `package/`.
 *
 * @param {string} tarball
 * @param {string} folder
 * @param {string[]} [members]
 */
export async function unpackTarball(tarball, folder, members = []) {
  const { code, output } = await run('tar', ['-xzf', tarball, '-C', folder, '--no-same-owner', ...members])
  if (code !== 0)
    throw new SetupFailure(`${tarball} could not be unpacked (${lastLine(output)}): free some disk space.`)
}
