import { readdirSync, statSync } from 'node:fs'
import path from 'node:path'

/** Bytes of all files below a folder; 0 where it doesn't exist. @param {string} folder @returns {number} */
export function folderBytes(folder) {
  let total = 0
  for (const entry of entriesOf(folder)) {
    const full = path.join(folder, entry.name)
    if (entry.isDirectory()) total += folderBytes(full)
    else total += statSync(full, { throwIfNoEntry: false })?.size ?? 0
  }
  return total
}

/** @param {string} folder */
function entriesOf(folder) {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch {
    return []
  }
}
