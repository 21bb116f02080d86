import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import path from 'node:path'
import { lastLine, run } from './commands.mjs'
import { SetupFailure } from './failure.mjs'
import { fileHash } from './hashes.mjs'
import { inCache } from './places.mjs'
import { megabytes } from './progress.mjs'
import { wheelPlatforms, wheelPython } from './versions.mjs'

const stallSeconds = 120

/**
 * Fetches Python wheels with pip, without installing anything, and verifies each.
 *
 * @param {string} label  names the folder that they are kept in until they are unpacked
 * @param {{ sizeBytes: number, wheels: import('./versions.mjs').WheelDownload[] }} download
 * @param {(detail: string) => void} report
 * @returns {Promise<{ folder: string, files: string[] }>}
 */
export async function fetchWheels(label, { sizeBytes, wheels }, report) {
  const folder = inCache('downloads', label)
  rmSync(path.join(folder, 'partial'), { recursive: true, force: true })
  /** @type {string[]} */
  const files = []
  let doneBytes = 0
  for (const wheel of wheels) {
    const { file, bytes } = await fetchWheel(folder, wheel, (grown) => report(megabytes(doneBytes + grown, sizeBytes)))
    files.push(file)
    doneBytes += bytes
  }
  return { folder, files }
}

/**
 * @param {string} folder
 * @param {import('./versions.mjs').WheelDownload} wheel
 * @param {(bytes: number) => void} grown
 */
async function fetchWheel(folder, { name, version, sha256 }, grown) {
  const finished = path.join(folder, name)
  const there = await verified(finished, sha256)
  if (there !== null) return there
  const partial = path.join(folder, 'partial')
  mkdirSync(partial, { recursive: true })
  const requirements = path.join(folder, `${name}.txt`)
  writeFileSync(requirements, `${name}==${version} --hash=sha256:${sha256}\n`)
  const parameters = ['-m', 'pip', 'download', '--no-deps', '--only-binary=:all:', '--require-hashes', '--no-cache-dir']
  parameters.push('--python-version', wheelPython, '--implementation', 'cp')
  for (const platform of wheelPlatforms) parameters.push('--platform', platform)
  const { code, output } = await run('python3', [...parameters, '--dest', finished, '-r', requirements], {
    env: { TMPDIR: partial, PIP_DISABLE_PIP_VERSION_CHECK: '1' },
    watch: { folder: partial, stallSeconds, grown },
  })
  rmSync(partial, { recursive: true, force: true })
  const fetched = code === 0 ? await verified(finished, sha256) : null
  if (fetched === null) {
    throw new SetupFailure(
      `${name} ${version} could not be fetched (${lastLine(output)}): check the network and the disk and type \`npm run setup\` again.`,
    )
  }
  return fetched
}

/** The wheel in a folder, if it is whole. @param {string} folder @param {string} sha256 */
async function verified(folder, sha256) {
  try {
    for (const name of readdirSync(folder)) {
      const file = path.join(folder, name)
      if ((await fileHash(file, 'sha256', 'hex')) === sha256) return { file, bytes: (await stat(file)).size }
      rmSync(file)
    }
  } catch {
    return null
  }
  return null
}
