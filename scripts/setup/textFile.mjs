import { readFileSync, statSync } from 'node:fs'

/** A file's text; empty where there is none. @param {string} file */
export function textOf(file) {
  return statSync(file, { throwIfNoEntry: false })?.isFile() === true ? readFileSync(file, 'utf8') : ''
}
