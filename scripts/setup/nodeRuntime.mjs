import { accessSync, constants, rmSync } from 'node:fs'
import path from 'node:path'
import { SetupFailure } from './failure.mjs'
import { fetchNpmTarball, unpackTarball } from './npmTarball.mjs'
import { inCache, isLinuxX64 } from './places.mjs'
import { replaceFolder } from './replaceFolder.mjs'
import { readRuntime, recordRuntime } from './runtime.mjs'
import { nodePackage, oldestNode } from './versions.mjs'

/** The one Node that runs the engine, the tests and the builds. @type {import('./steps.mjs').Step} */
export const nodeRuntime = {
  name: `Node ${nodePackage.version}`,
  ready() {
    const { node } = readRuntime()
    return node !== undefined && node === wantedNode() && isExecutable(node)
  },
  async run(report) {
    const node = wantedNode()
    if (isLinuxX64 && !isExecutable(node)) {
      const tarball = await fetchNpmTarball(nodePackage, report)
      await replaceFolder(nodeFolder(), (partial) =>
        unpackTarball(tarball, partial, ['package/bin', 'package/LICENSE']),
      )
      rmSync(tarball)
    }
    if (!isLinuxX64 && !isNewEnough(process.versions.node)) {
      throw new SetupFailure(
        `Node ${process.versions.node} is too old: install Node ${oldestNode.major}.${oldestNode.minor} or newer and start again.`,
      )
    }
    recordRuntime({ node })
    return node
  },
  found: () => readRuntime().node ?? null,
}

function nodeFolder() {
  return inCache(`node-${nodePackage.version}`)
}

function wantedNode() {
  return isLinuxX64 ? path.join(nodeFolder(), 'package', 'bin', 'node') : process.execPath
}

/** @param {string} file */
function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** @param {string} version */
function isNewEnough(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > oldestNode.major || (major === oldestNode.major && minor >= oldestNode.minor)
}

/** Node's path, after this step. @returns {string} */
export function requireNode() {
  const { node } = readRuntime()
  if (node === undefined) throw new SetupFailure('Node for the engine is missing: type `npm run setup`.')
  return node
}
