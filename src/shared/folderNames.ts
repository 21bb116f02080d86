/** Names of new folders, for the window and the command line alike. */

function two(value: number): string {
  return String(value).padStart(2, '0')
}

/** Six random hexadecimal digits. */
function randomTail(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(3))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** The part of a name that is safe in a path on every system: lower case, digits and hyphens. */
export function slug(name: string): string {
  return name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 40)
    .replace(/^-+|-+$/g, '')
}

/** A run's folder: sorts by local time, says the run's name, and never meets another of the same second. */
export function runFolderName(name: string, date: Date): string {
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-')
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join('')
  return [day, time, slug(name), randomTail()].filter((part) => part !== '').join('-')
}
