import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { stat } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import type { Checksum } from '@shared/datasets/catalogue'

export type Answer = (request: IncomingMessage, response: ServerResponse, server: FileServer) => void

/** A web server on this machine that answers as a test says, and remembers what it was asked. */
export class FileServer implements AsyncDisposable {
  /** Where the client keeps what has arrived: a connection is cut when all that was sent is there. */
  part = ''
  readonly requests: { range: string | undefined; ifRange: string | undefined }[] = []

  private constructor(
    private readonly server: Server,
    readonly address: string,
  ) {}

  /** @param answers for the first request, the second, …; the last for all that follow */
  static async start(...answers: Answer[]): Promise<FileServer> {
    const server = createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const bound = server.address()
    if (bound === null || typeof bound === 'string') throw new Error('the server has no port')
    const started = new FileServer(server, `http://127.0.0.1:${bound.port}/archive.tgz`)
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      const answer = answers[Math.min(started.requests.length, answers.length - 1)]
      const ifRange = request.headers['if-range']
      started.requests.push({
        range: request.headers.range,
        ifRange: typeof ifRange === 'string' ? ifRange : undefined,
      })
      answer?.(request, response, started)
    })
    return started
  }

  /** Nobody listens at its address any more. */
  async stop(): Promise<void> {
    this.server.closeAllConnections()
    await new Promise((resolve) => this.server.close(resolve))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }
}

interface Serving {
  etag?: string
  ignoresRanges?: boolean
  /** Breaks the connection after so many bytes of the answer. */
  cutAfter?: number
  /** Sends so many bytes and then nothing more. */
  stallAfter?: number
  /** The answer doesn't say how long it is. */
  hidesLength?: boolean
}

/** Serves a file with ranges, as web servers do, or in one of the ways in which they fail. */
export function serving(bytes: Buffer, options: Serving = {}): Answer {
  const { etag = '"one"', ignoresRanges = false, cutAfter, stallAfter, hidesLength = false } = options
  return (request, response, server) => {
    const wanted = /^bytes=(\d+)-$/.exec(request.headers.range ?? '')
    const start = wanted === null || ignoresRanges || request.headers['if-range'] !== etag ? 0 : Number(wanted[1])
    if (start >= bytes.length) {
      response.writeHead(416, { 'content-range': `bytes */${bytes.length}` }).end()
      return
    }
    const body = bytes.subarray(start)
    const headers: Record<string, string> = etag === '' ? {} : { etag }
    if (!hidesLength) headers['content-length'] = String(body.length)
    if (start > 0) headers['content-range'] = `bytes ${start}-${bytes.length - 1}/${bytes.length}`
    response.writeHead(start > 0 ? 206 : 200, headers)
    const limit = cutAfter ?? stallAfter
    if (limit === undefined) response.end(body)
    else response.write(body.subarray(0, limit))
    if (cutAfter !== undefined) void arrived(server.part, start + cutAfter).then(() => response.socket?.destroy())
  }
}

/** Resolves when a file is as long as that. */
async function arrived(file: string, bytes: number): Promise<void> {
  const size = async () => (await stat(file).catch(() => null))?.size ?? 0
  while ((await size()) < bytes) await wait(5)
}

export function status(code: number, headers: Record<string, string> = {}): Answer {
  return (_request, response) => void response.writeHead(code, headers).end()
}

/** Bytes that repeat nowhere, the same in every run. */
export function someBytes(length: number): Buffer {
  const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, index) =>
    createHash('sha256').update(String(index)).digest(),
  )
  return Buffer.concat(blocks).subarray(0, length)
}

export function checksumOf(bytes: Buffer, algorithm: Checksum['algorithm'] = 'sha256'): Checksum {
  return { algorithm, digest: createHash(algorithm).update(bytes).digest('hex') }
}
