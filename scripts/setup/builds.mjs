import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { lastLine, run } from './commands.mjs'
import { SetupFailure } from './failure.mjs'
import { treeHash } from './hashes.mjs'
import { requireNode } from './nodeRuntime.mjs'
import { inCheckout } from './places.mjs'
import { textOf } from './textFile.mjs'

const shared = ['src/shared', 'package.json', 'package-lock.json', 'tsconfig.json']

/** The engine, a program of its own. */
export const engineBuild = buildStep({
  name: 'Engine',
  inputs: [...shared, 'src/main/engine', 'vite.engine.config.ts'],
  outputs: ['out/main/engine/cli.js', 'out/main/engine/serve.js'],
  command: ['node_modules/vite/bin/vite.js', 'build', '--config', 'vite.engine.config.ts'],
})

/** Electron's main process, the preload script and the window. */
export const windowBuild = buildStep({
  name: 'Window',
  inputs: [...shared, 'src/main', 'src/preload', 'src/renderer', 'electron.vite.config.ts'],
  outputs: ['out/main/index.js', 'out/preload/index.cjs', 'out/renderer/index.html'],
  command: ['node_modules/electron-vite/bin/electron-vite.js', 'build'],
})

/**
 * A build that is left out while its sources are what they were.
 *
 * @param {{ name: string, inputs: string[], outputs: string[], command: string[] }} build
 * @returns {import('./steps.mjs').Step}
 */
function buildStep({ name, inputs, outputs, command }) {
  const stamp = inCheckout('.vitrine', `${name.toLowerCase()}-build`)
  const isBuilt = () => outputs.every((file) => existsSync(inCheckout(file)))
  return {
    name,
    ready: () => isBuilt() && textOf(stamp) === treeHash(inCheckout(), inputs),
    async run(report) {
      report('building')
      const hash = treeHash(inCheckout(), inputs)
      const [script = '', ...parameters] = command
      const { code, output } = await run(requireNode(), [inCheckout(script), ...parameters, '--logLevel', 'warn'], {
        cwd: inCheckout(),
      })
      const missing = outputs.find((file) => !existsSync(inCheckout(file)))
      if (code !== 0 || missing !== undefined) {
        const reason = code === 0 ? `it made no ${missing}` : lastLine(output)
        throw new SetupFailure(`${name} could not be built (${reason}): see \`node ${command.join(' ')}\`.`)
      }
      mkdirSync(inCheckout('.vitrine'), { recursive: true })
      writeFileSync(stamp, hash)
      return 'built'
    },
    found: () => (isBuilt() ? 'built' : null),
  }
}
