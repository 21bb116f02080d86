import type { FileHandle } from 'node:fs/promises'
import { protocol } from 'electron'
import { failureOf } from '@shared/errors'
import { evaluationsFolder } from '@shared/evaluationFolder'
import type { RecordPixels } from '../host/datasetStore'
import { openInside } from '../host/fileInside'
import { appOrigin, contentSecurityPolicy, contentType, parseAddress, scheme, type Address } from './addresses'

export interface ProtocolSources {
  /** Folder of the built window. */
  pageFolder: string
  artifactsFolder: string
  runsFolder: string
  readRecord(dataset: string, index: number): Promise<RecordPixels>
}

const chunkBytes = 256 * 1024

/** Makes the scheme a full citizen of the web platform; must run before Electron is ready. */
export function registerScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme, privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true } },
  ])
}

/** Answers all addresses of the scheme. */
export function serveScheme(sources: ProtocolSources): void {
  protocol.handle(scheme, async (request) => {
    const address = parseAddress(request.url)
    if (address === null || request.method !== 'GET') return plainAnswer(404, 'There is nothing at this address.')
    try {
      return await answer(address, sources)
    } catch (error) {
      const failure = failureOf(error)
      return plainAnswer(failure.kind === 'not-found' ? 404 : 500, failure.message)
    }
  })
}

async function answer(address: Address, sources: ProtocolSources): Promise<Response> {
  switch (address.kind) {
    case 'page':
      return fileAnswer(sources.pageFolder, ...address.segments)
    case 'artifact':
      return fileAnswer(sources.artifactsFolder, String(address.processId), address.file)
    case 'evaluation': {
      const { runId, name, file } = address
      return fileAnswer(sources.runsFolder, runId, evaluationsFolder, name, file)
    }
    case 'record': {
      const { pixels } = await sources.readRecord(address.dataset, address.index)
      return new Response(pixels, { headers: headers('record.u8', pixels.byteLength) })
    }
  }
}

async function fileAnswer(folder: string, ...names: string[]): Promise<Response> {
  const handle = await openInside(folder, ...names)
  try {
    const { size } = await handle.stat()
    return new Response(bytesOf(handle), { headers: headers(names.at(-1) ?? '', size) })
  } catch (error) {
    await handle.close()
    throw error
  }
}

/** Read as they are asked for; the file is closed at its end or when nobody wants more. */
function bytesOf(handle: FileHandle): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { buffer, bytesRead } = await handle.read(new Uint8Array(chunkBytes))
      if (bytesRead > 0) controller.enqueue(buffer.subarray(0, bytesRead))
      else {
        await handle.close()
        controller.close()
      }
    },
    cancel: () => handle.close(),
  })
}

function headers(file: string, sizeBytes: number): Record<string, string> {
  return {
    'content-type': contentType(file),
    'content-length': String(sizeBytes),
    'content-security-policy': contentSecurityPolicy,
    'x-content-type-options': 'nosniff',
    // A dataset may be prepared again under the same address.
    'cache-control': 'no-cache',
    'access-control-allow-origin': appOrigin,
  }
}

function plainAnswer(status: number, message: string): Response {
  return new Response(message, { status, headers: { 'content-type': 'text/plain; charset=utf-8' } })
}
