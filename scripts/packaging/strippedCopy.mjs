import { chmodSync, copyFileSync, mkdirSync, openSync, readSync, closeSync, statSync } from 'node:fs'
import path from 'node:path'
import { lastLine, run } from '../setup/commands.mjs'
import { SetupFailure } from '../setup/failure.mjs'

const elfMark = Buffer.from([0x7f, 0x45, 0x4c, 0x46])

/** True for a program or shared library of Linux. @param {string} file */
export function isElf(file) {
  const head = Buffer.alloc(elfMark.length)
  const handle = openSync(file, 'r')
  try {
    return readSync(handle, head) === head.length && head.equals(elfMark)
  } finally {
    closeSync(handle)
  }
}

/**
 * Copies a file; a program or shared library loses its symbol and debugging tables, which nothing
 * needs to run: the names that libraries are linked by are in a table of their own and stay.
 *
 * @param {string} source
 * @param {string} target
 */
export async function copyStripped(source, target) {
  mkdirSync(path.dirname(target), { recursive: true })
  if (!isElf(source)) {
    copyFileSync(source, target)
    return
  }
  const { code, output } = await run('strip', ['--strip-unneeded', '-o', target, source])
  if (code !== 0) throw new SetupFailure(`${source} could not be stripped (${lastLine(output)}): install binutils.`)
  chmodSync(target, statSync(source).mode & 0o111 ? 0o755 : 0o644)
}
