import { evaluationFiles } from '@shared/evaluationFolder'

/** The window's own scheme and the one host in it. */
export const scheme = 'vitrine'
export const appOrigin = `${scheme}://app`

export type Address =
  /** A file of the built window, by the segments of its path. */
  | { kind: 'page'; segments: string[] }
  /** A file that the engine with this process number wrote for the window. */
  | { kind: 'artifact'; processId: number; file: string }
  /** An array of an evaluation of a run. */
  | { kind: 'evaluation'; runId: string; name: string; file: string }
  /** The raw pixels of one record of a dataset. */
  | { kind: 'record'; dataset: string; index: number }

/** What of an evaluation the window fetches. */
const evaluationArrays: readonly string[] = [
  evaluationFiles.confusion,
  evaluationFiles.outcomes,
  evaluationFiles.embeddedImages,
  evaluationFiles.embeddingScores,
]

/** A segment must be a plain name: whatever a path could climb with is refused. */
function isPlainName(segment: string): boolean {
  return segment !== '' && segment !== '.' && segment !== '..' && !/[/\\\0:]/.test(segment)
}

function decode(segment: string): string | null {
  try {
    return decodeURIComponent(segment)
  } catch {
    return null
  }
}

/** A whole number without sign, or null. */
function wholeNumber(text: string): number | null {
  return /^\d{1,10}$/.test(text) ? Number(text) : null
}

/** What an address means, or null for one that means nothing. Touches no file. */
export function parseAddress(address: string): Address | null {
  let url: URL
  try {
    url = new URL(address)
  } catch {
    return null
  }
  if (url.protocol !== `${scheme}:` || url.host !== 'app') return null
  const segments: string[] = []
  for (const part of url.pathname.split('/').slice(1)) {
    const segment = decode(part)
    if (segment === null) return null
    segments.push(segment)
  }
  const [room, first, second, third] = segments
  if (room === 'artifact') {
    const processId = wholeNumber(first ?? '')
    const valid = segments.length === 3 && processId !== null && second !== undefined && isPlainName(second)
    return valid ? { kind: 'artifact', processId, file: second } : null
  }
  if (room === 'evaluation') {
    const file = evaluationArrays.find((array) => array === third)
    if (segments.length !== 4 || first === undefined || second === undefined || file === undefined) return null
    return isPlainName(first) && isPlainName(second) ? { kind: 'evaluation', runId: first, name: second, file } : null
  }
  if (room === 'dataset') {
    const index = wholeNumber(second ?? '')
    const valid = segments.length === 3 && first !== undefined && first !== '' && index !== null
    return valid ? { kind: 'record', dataset: first, index } : null
  }
  if (segments.length === 1 && room === '') return { kind: 'page', segments: ['index.html'] }
  return segments.every(isPlainName) ? { kind: 'page', segments } : null
}

const contentTypes: Record<string, string> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  json: 'application/json',
  map: 'application/json',
  svg: 'image/svg+xml',
  png: 'image/png',
  jpg: 'image/jpeg',
  webp: 'image/webp',
  ico: 'image/x-icon',
  woff2: 'font/woff2',
}

/** Content type by the file's ending; bytes for the arrays that engines write. */
export function contentType(file: string): string {
  const extension = file.slice(file.lastIndexOf('.') + 1).toLowerCase()
  return contentTypes[extension] ?? 'application/octet-stream'
}

/** Nothing but the app's own files: no remote content, no inline script or style, no eval. */
export const contentSecurityPolicy = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "connect-src 'self'",
  "worker-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')
