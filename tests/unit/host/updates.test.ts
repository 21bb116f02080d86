import { createServer } from 'node:http'
import { expect, it } from 'vitest'
import { newerVersion } from '../../../src/main/host/updates'

/** Answers every request with a text, and says where it listens. */
async function asking(body: string, version: string, status = 200): Promise<string | null> {
  const server = createServer((_request, response) => response.writeHead(status).end(body))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server does not listen')
  try {
    return await newerVersion(version, `http://127.0.0.1:${address.port}/version.json`, fetch)
  } finally {
    server.close()
  }
}

it.each([
  ['0.2.0', '0.1.9', '0.2.0'],
  ['1.10.0', '1.9.3', '1.10.0'],
  ['0.1.0', '0.1.0', null],
  ['0.1.0', '0.2.0', null],
])('%s after %s', async (theirs, ours, expected) => {
  expect(await asking(JSON.stringify({ version: theirs }), ours)).toBe(expected)
})

it.each([
  ['{"version": "soon"}', 200],
  ['<html>', 200],
  ['{"version": "9.9.9"}', 404],
])('is a plain sentence for %s', async (body, status) => {
  await expect(asking(body, '0.1.0', status)).rejects.toMatchObject({ kind: 'unavailable' })
})
