import { spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import path from 'node:path'
import { folderBytes } from './folderSize.mjs'

/**
 * @typedef {object} CommandResult
 * @property {number} code  exit status; 1 where a signal ended it or it couldn't be started
 * @property {string} output  standard output and error together
 * @property {boolean} stalled  it was ended because its folder stopped growing
 */

/**
 * @typedef {object} Watch
 * @property {string} folder  grows while the command downloads
 * @property {(bytes: number) => void} grown
 * @property {number} stallSeconds  the command is ended after so long without growth
 */

/**
 * Runs a command to its end and keeps its output.
 *
 * @param {string} command
 * @param {string[]} parameters
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, watch?: Watch }} [options]
 * @returns {Promise<CommandResult>}
 */
export function run(command, parameters, { cwd, env, watch } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, parameters, {
      ...(cwd === undefined ? {} : { cwd }),
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    let stalled = false
    const stopWatching =
      watch === undefined
        ? () => {}
        : watchGrowth(watch, () => {
            stalled = true
            child.kill('SIGKILL')
          })
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text))
    child.on('error', (error) => {
      stopWatching()
      resolve({ code: 1, output: error.message, stalled })
    })
    child.on('close', (code) => {
      stopWatching()
      resolve({ code: code ?? 1, output, stalled })
    })
  })
}

/**
 * @param {Watch} watch
 * @param {() => void} onStall
 * @returns {() => void} ends the watch
 */
function watchGrowth({ folder, grown, stallSeconds }, onStall) {
  let largest = 0
  let lastGrowth = Date.now()
  const timer = setInterval(() => {
    const bytes = folderBytes(folder)
    if (bytes > largest) {
      largest = bytes
      lastGrowth = Date.now()
      grown(bytes)
    } else if (Date.now() - lastGrowth > stallSeconds * 1000) {
      onStall()
    }
  }, 500)
  return () => clearInterval(timer)
}

/** True where a command of that name is on the path. @param {string} name */
export function hasCommand(name) {
  return (process.env.PATH ?? '').split(path.delimiter).some((folder) => {
    try {
      accessSync(path.join(folder, name), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

/** The npm that runs this script, or the one on the path. @returns {[string, string[]]} */
export function npmCommand() {
  const script = process.env.npm_execpath
  if (script?.endsWith('.js')) return [process.execPath, [script]]
  return [process.platform === 'win32' ? 'npm.cmd' : 'npm', []]
}

const colours = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g')

/** The line that says best what went wrong, for a sentence about a failed command. @param {string} output */
export function lastLine(output) {
  const lines = output
    .replace(colours, '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('at ') && !/complete log|npm error$/.test(line))
  return lines.find((line) => /\berror\b/i.test(line)) ?? lines.at(-1) ?? 'no output'
}
