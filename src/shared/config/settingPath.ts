/** Settings of a configuration, or of a form's draft of one, by their dotted path, at which problems are reported too. */

function isBranch(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

/** The setting at a path; undefined where a section on the way is off. */
export function settingAt(draft: unknown, path: string): unknown {
  let value = draft
  for (const key of path.split('.')) {
    if (!isBranch(value)) return undefined
    value = value[key]
  }
  return value
}

/** Changes the setting at a path in place; nothing happens where a section on the way is off. */
export function changeSetting(draft: unknown, path: string, value: unknown): void {
  const end = path.lastIndexOf('.')
  const branch = end < 0 ? draft : settingAt(draft, path.slice(0, end))
  if (isBranch(branch)) branch[path.slice(end + 1)] = value
}

/** Whether the section that a setting belongs to is on. */
export function hasPlaceFor(draft: unknown, path: string): boolean {
  const end = path.lastIndexOf('.')
  return isBranch(end < 0 ? draft : settingAt(draft, path.slice(0, end)))
}
