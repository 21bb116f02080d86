import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { fetchFile, type FetchPatience, type FetchRequest } from '@engine/data/download/fetchFile'
import { VitrineError } from '@shared/errors'
import { recordingContext } from '../data/imageFiles'
import { temporaryFolder } from '../formats/temporaryFolder'
import { checksumOf, FileServer, serving, someBytes, status } from './fileServer'

const bytes = someBytes(300_000)
const patience: FetchPatience = { stallMs: 300, waitSeconds: [0, 0, 0.01], longestWaitSeconds: 2 }

async function request(server: FileServer, changes: Partial<FetchRequest> = {}): Promise<FetchRequest> {
  const file = join(await temporaryFolder(), 'downloads', 'archive.tgz')
  server.part = `${file}.part`
  const checkRoom = () => Promise.resolve()
  return { address: server.address, file, checksum: checksumOf(bytes), checkRoom, ...changes }
}

function download(wanted: FetchRequest, context = recordingContext()): Promise<void> {
  return fetchFile(wanted, context, patience)
}

async function failure(wanted: FetchRequest, context = recordingContext()): Promise<VitrineError> {
  const error: unknown = await download(wanted, context).catch((thrown: unknown) => thrown)
  if (!(error instanceof VitrineError)) throw new Error(`not refused but ${String(error)}`)
  return error
}

async function filesBeside(file: string): Promise<string[]> {
  return (await readdir(join(file, '..'))).sort()
}

describe('fetchFile', () => {
  it('fetches a file, checks it, and leaves nothing beside it; a second time it only checks', async () => {
    await using server = await FileServer.start(serving(bytes))
    const wanted = await request(server, { checksum: checksumOf(bytes, 'md5') })
    const context = recordingContext()
    await download(wanted, context)
    expect(await readFile(wanted.file)).toEqual(bytes)
    expect(await filesBeside(wanted.file)).toEqual(['archive.tgz'])
    const last = context.events.findLast((e) => e.type === 'progress' && e.progress.stage.startsWith('Downloading'))
    expect(last).toMatchObject({ progress: { done: 0.3, total: 0.3 } })
    await download(wanted)
    expect(server.requests).toHaveLength(1)
  })

  it('goes on where the connection was cut, each time', async () => {
    await using server = await FileServer.start(
      serving(bytes, { cutAfter: 100_000 }),
      serving(bytes, { cutAfter: 50_000 }),
      serving(bytes),
    )
    const wanted = await request(server)
    await download(wanted)
    expect(await readFile(wanted.file)).toEqual(bytes)
    expect(server.requests.map(({ range }) => range)).toEqual([undefined, 'bytes=100000-', 'bytes=150000-'])
    expect(server.requests[1]?.ifRange).toBe('"one"')
  })

  it('goes on in another process after it was cancelled', async () => {
    await using server = await FileServer.start(serving(bytes, { stallAfter: 120_000 }), serving(bytes))
    const wanted = await request(server)
    const context = recordingContext((job) => {
      const { events } = job
      if (events.some((e) => e.type === 'progress' && e.progress.done > 0)) job.cancel()
    })
    expect(await failure(wanted, context)).toMatchObject({ kind: 'cancelled' })
    expect(await filesBeside(wanted.file)).toEqual(['archive.tgz.part', 'archive.tgz.part.json'])
    const arrived = (await readFile(`${wanted.file}.part`)).length
    expect(arrived).toBeGreaterThan(0)
    await download(wanted)
    expect(server.requests[1]?.range).toBe(`bytes=${arrived}-`)
    expect(await readFile(wanted.file)).toEqual(bytes)
  })

  it('asks nothing when all had arrived but not yet been checked', async () => {
    await using server = await FileServer.start(serving(bytes))
    const wanted = await request(server)
    const context = recordingContext((job) => {
      if (job.events.some((e) => e.type === 'progress' && e.progress.stage.startsWith('Checking'))) job.cancel()
    })
    expect(await failure(wanted, context)).toMatchObject({ kind: 'cancelled' })
    await download(wanted)
    expect(server.requests).toHaveLength(1)
    expect(await readFile(wanted.file)).toEqual(bytes)
  })

  it('begins anew when the file has changed on the server', async () => {
    const old = Buffer.from(bytes).fill(7)
    await using server = await FileServer.start(
      serving(old, { etag: '"old"', cutAfter: 100_000 }),
      serving(bytes, { etag: '"new"' }),
    )
    const wanted = await request(server)
    await download(wanted)
    expect(server.requests[1]).toEqual({ range: 'bytes=100000-', ifRange: '"old"' })
    expect(await readFile(wanted.file)).toEqual(bytes)
  })

  it('begins anew when the server ignores ranges, and when it gives nothing to know the file by', async () => {
    await using ignoring = await FileServer.start(
      serving(bytes, { cutAfter: 100_000 }),
      serving(bytes, { ignoresRanges: true }),
    )
    const first = await request(ignoring)
    await download(first)
    expect(await readFile(first.file)).toEqual(bytes)
    await using nameless = await FileServer.start(serving(bytes, { etag: '', cutAfter: 100_000 }), serving(bytes))
    const second = await request(nameless)
    await download(second)
    expect(nameless.requests.map(({ range }) => range)).toEqual([undefined, undefined])
    expect(await readFile(second.file)).toEqual(bytes)
  })

  it('gives up on a server that ignores ranges and always cuts at the same place', async () => {
    await using server = await FileServer.start(serving(bytes, { ignoresRanges: true, cutAfter: 100_000 }))
    const error = await failure(await request(server))
    expect(error.kind).toBe('unavailable')
    expect(error.message).toMatch(/because the connection broke: check the network/)
    expect(server.requests).toHaveLength(4)
  })

  it.each([
    ['a longer part than the file', 'bytes */300000', 416],
    ['another part than it was asked for', 'bytes 5-299999/300000', 206],
  ])('throws its part away when the server answers with %s', async (_, contentRange, code) => {
    await using server = await FileServer.start(
      serving(bytes, { cutAfter: 100_000 }),
      status(code, { 'content-range': contentRange }),
      serving(bytes),
    )
    const wanted = await request(server)
    await download(wanted)
    expect(server.requests.map(({ range }) => range)).toEqual([undefined, 'bytes=100000-', undefined])
    expect(await readFile(wanted.file)).toEqual(bytes)
  })

  it('goes on after a server that has stalled, and says so when it stays like that', async () => {
    await using recovering = await FileServer.start(serving(bytes, { stallAfter: 70_000 }), serving(bytes))
    const wanted = await request(recovering)
    await download(wanted)
    expect(await readFile(wanted.file)).toEqual(bytes)
    await using silent = await FileServer.start(() => undefined)
    expect((await failure(await request(silent))).message).toMatch(/because nothing came for 0 s/)
  })

  it('takes a file whose length the server does not say', async () => {
    await using server = await FileServer.start(serving(bytes, { hidesLength: true }))
    const wanted = await request(server)
    await download(wanted)
    expect(await readFile(wanted.file)).toEqual(bytes)
  })

  it('throws a file with a wrong checksum away and says so, also one that was there before', async () => {
    const wrong = Buffer.from(bytes)
    wrong[150_000] = (wrong[150_000] ?? 0) ^ 1
    await using server = await FileServer.start(serving(wrong), serving(bytes))
    const wanted = await request(server)
    const error = await failure(wanted)
    expect(error.kind).toBe('unreadable')
    expect(error.message).toMatch(/its checksum is wrong.*thrown away: try again/)
    expect(await filesBeside(wanted.file)).toEqual([])
    await writeFile(wanted.file, wrong)
    await download(wanted)
    expect(await readFile(wanted.file)).toEqual(bytes)
    expect(server.requests[1]?.range).toBeUndefined()
  })

  it.each([
    [404, 'not-found', /There is no file at http.*check the address/],
    [403, 'unavailable', /refuses http.*\(answer 403\)/],
    [418, 'unavailable', /answers 418/],
  ])('does not try again after the answer %i', async (code, kind, message) => {
    await using server = await FileServer.start(status(code))
    const wanted = await request(server)
    const error = await failure(wanted)
    expect(error.kind).toBe(kind)
    expect(error.message).toMatch(message)
    expect(server.requests).toHaveLength(1)
    expect(await filesBeside(wanted.file)).toEqual([])
  })

  it('tells a web page from an archive', async () => {
    await using server = await FileServer.start((_, response) => {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<h1>Welcome to the hotel</h1>')
    })
    expect((await failure(await request(server))).message).toMatch(/a web page came .*sign in to the network/)
  })

  it('waits as long as a busy server asks, says so, and tries again', async () => {
    await using server = await FileServer.start(status(503, { 'retry-after': '1' }), status(503), serving(bytes))
    const wanted = await request(server)
    const context = recordingContext()
    const startedAt = performance.now()
    await download(wanted, context)
    expect(performance.now() - startedAt).toBeGreaterThan(950)
    const stages = context.events.flatMap((event) => (event.type === 'progress' ? [event.progress.stage] : []))
    expect(stages).toContain('Waiting 1 s to try again, because the server answers 503')
    expect(await readFile(wanted.file)).toEqual(bytes)
  })

  it('does not wait for hours, nor for ever', async () => {
    await using patient = await FileServer.start(status(503, { 'retry-after': '3600' }))
    expect((await failure(await request(patient))).message).toMatch(/answers 503 and asks for 60 minutes/)
    await using busy = await FileServer.start(status(503))
    expect((await failure(await request(busy))).message).toMatch(/because the server answers 503: check/)
    expect(busy.requests).toHaveLength(4)
    await using breaking = await FileServer.start(serving(bytes, { cutAfter: 100_000 }), status(503))
    expect((await failure(await request(breaking))).message).toMatch(/try again later\. What has arrived is kept\.$/)
    // The try that brought something makes the patience whole again.
    expect(breaking.requests).toHaveLength(4)
  })

  it('can be cancelled while it waits', async () => {
    await using server = await FileServer.start(status(503, { 'retry-after': '2' }))
    const context = recordingContext((job) => job.events.length > 0 && job.cancel())
    const startedAt = performance.now()
    expect(await failure(await request(server), context)).toMatchObject({ kind: 'cancelled' })
    expect(performance.now() - startedAt).toBeLessThan(1500)
  })

  it('says when nobody listens or the name is not known', async () => {
    await using server = await FileServer.start(status(200))
    await server.stop()
    expect((await failure(await request(server))).message).toMatch(/because the server refuses the connection/)
    const nameless = await request(server, { address: 'http://no-such-name.invalid/archive.tgz' })
    expect((await failure(nameless)).message).toMatch(/because the server's name/)
  })

  it('asks whether there is room for the rest before it takes any of it', async () => {
    await using server = await FileServer.start(serving(bytes, { cutAfter: 100_000 }), serving(bytes))
    const rest: number[] = []
    const wanted = await request(server, {
      checkRoom: (remainingBytes) => {
        rest.push(remainingBytes)
        if (rest.length < 2) return Promise.resolve()
        return Promise.reject(new VitrineError('disk-full', 'no room'))
      },
    })
    expect(await failure(wanted)).toMatchObject({ kind: 'disk-full' })
    expect(rest).toEqual([300_000, 200_000])
    expect((await readFile(`${wanted.file}.part`)).length).toBe(100_000)
  })
})
