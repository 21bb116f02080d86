import { VitrineError } from '@shared/errors'

/** Reading a server's answer: what it means for the part that is there, and for the person. */

/** The file can't be fetched now, but a later try may succeed. */
export class BrokenTransfer extends Error {
  constructor(
    /** A clause: "the connection broke". */
    readonly reason: string,
    /** Seconds that the server asked to wait. */
    readonly waitSeconds: number | null = null,
    cause?: unknown,
  ) {
    super(reason, { cause })
    this.name = 'BrokenTransfer'
  }
}

/** What an answer sends: what follows the part, the whole from its start, or nothing that fits the part. */
export type Sent = { from: 'part' | 'start'; totalBytes: number | null } | { from: 'elsewhere' }

const busyStatuses: readonly number[] = [408, 425, 429, 500, 502, 503, 504]

/**
 * @param partBytes bytes that were asked not to be sent again
 * @throws VitrineError for an answer that stays the same; `BrokenTransfer` for one that may change
 */
export function readAnswer(response: Response, address: string, partBytes: number): Sent {
  const { status, headers } = response
  if (status === 206) return readRange(headers.get('content-range'), partBytes)
  // Nothing lies behind the part, so it is of another file.
  if (status === 416 && partBytes > 0) return { from: 'elsewhere' }
  if (status === 200) {
    if (/^text\/html\b/i.test(headers.get('content-type') ?? '')) throw notTheFile(address)
    return { from: 'start', totalBytes: wholeNumber(headers.get('content-length')) }
  }
  if (busyStatuses.includes(status)) {
    throw new BrokenTransfer(`the server answers ${status}`, retryAfterSeconds(headers.get('retry-after'), Date.now()))
  }
  throw refusal(status, address)
}

function readRange(contentRange: string | null, partBytes: number): Sent {
  const match = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(contentRange ?? '')
  if (match === null || Number(match[1]) !== partBytes) return { from: 'elsewhere' }
  return { from: 'part', totalBytes: wholeNumber(match[2] ?? null) }
}

function wholeNumber(text: string | null): number | null {
  return text !== null && /^\d+$/.test(text) ? Number(text) : null
}

/** `Retry-After` is a number of seconds or a date (RFC 9110, section 10.2.3); null for neither. */
export function retryAfterSeconds(text: string | null, now: number): number | null {
  if (text === null) return null
  const seconds = wholeNumber(text.trim())
  if (seconds !== null) return seconds
  const date = Date.parse(text)
  return Number.isNaN(date) ? null : Math.max(0, Math.ceil((date - now) / 1000))
}

/** Names this version of the file for `If-Range`; null where the server gives nothing that is sure enough. */
export function validatorOf(headers: Headers): string | null {
  const tag = headers.get('etag')
  // A weak tag promises the same meaning, not the same bytes.
  if (tag !== null && !tag.startsWith('W/')) return tag
  return headers.get('last-modified')
}

function refusal(status: number, address: string): VitrineError {
  switch (status) {
    case 404:
    case 410:
      return new VitrineError(
        'not-found',
        `There is no file at ${address} (the server answers ${status}): check the address, or get the archive in a browser and drop it on the window.`,
      )
    case 401:
    case 403:
    case 407:
    case 451:
      return new VitrineError(
        'unavailable',
        `The server or the network refuses ${address} (answer ${status}): get the archive elsewhere and drop it on the window, or set another address.`,
      )
    default:
      return new VitrineError(
        'unavailable',
        `The server answers ${status} for ${address}: try again later, or set another address.`,
      )
  }
}

function notTheFile(address: string): VitrineError {
  return new VitrineError(
    'unavailable',
    `Instead of the archive, a web page came from ${address}: sign in to the network if it asks for that, or check the address.`,
  )
}

const networkWords: Readonly<Record<string, string>> = {
  ENOTFOUND: "the server's name is not known",
  EAI_AGAIN: "the server's name can't be looked up",
  ECONNREFUSED: 'the server refuses the connection',
  ECONNRESET: 'the connection broke',
  EPIPE: 'the connection broke',
  UND_ERR_SOCKET: 'the connection broke',
  ENETUNREACH: 'the network is not there',
  EHOSTUNREACH: 'the server is not reached',
  ETIMEDOUT: "the server doesn't answer",
  UND_ERR_CONNECT_TIMEOUT: "the server doesn't answer",
}

/** What went wrong on the network, as a clause. */
export function networkReason(error: unknown): string {
  for (let inner: unknown = error, depth = 0; inner instanceof Error && depth < 5; inner = inner.cause, depth++) {
    if (!('code' in inner) || typeof inner.code !== 'string') continue
    if (/CERT|SELF_SIGNED|UNABLE_TO_VERIFY/.test(inner.code)) return "the server's certificate is not trusted"
    const words = networkWords[inner.code]
    if (words !== undefined) return words
  }
  return 'the connection broke'
}
