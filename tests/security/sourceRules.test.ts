import { readFile, readdir } from 'node:fs/promises'
import path from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'

/** What the source must never do, whatever a reviewer overlooks. */

const checkout = path.resolve(import.meta.dirname, '..', '..')

async function sources(): Promise<{ file: string; text: string }[]> {
  const names = await readdir(path.join(checkout, 'src'), { recursive: true })
  const code = names.filter((name) => /\.(ts|vue|html)$/.test(name)).map((name) => `src/${name.replaceAll('\\', '/')}`)
  return Promise.all(code.map(async (file) => ({ file, text: await readFile(path.join(checkout, file), 'utf8') })))
}

let files: { file: string; text: string }[]
beforeAll(async () => {
  files = await sources()
})

/** Files in which the pattern occurs. */
function filesWith(pattern: RegExp): string[] {
  return files.filter(({ text }) => pattern.test(text)).map(({ file }) => file)
}

describe('the source', () => {
  test('starts programs in two places only, from a list of words and without a shell', async () => {
    expect(filesWith(/child_process['"]/).sort()).toEqual([
      'src/main/engine/doctor.ts',
      'src/main/host/engineProcess.ts',
    ])
    const doctor = await readFile(path.join(checkout, 'src/main/engine/doctor.ts'), 'utf8')
    expect(doctor).toMatch(/import \{ execFile \} from 'node:child_process'/)
    const engines = await readFile(path.join(checkout, 'src/main/host/engineProcess.ts'), 'utf8')
    expect(engines).toMatch(/import \{ fork, type ChildProcess \} from 'node:child_process'/)
  })

  test.each([
    ['a shell', /\bshell:\s*(true|['"])|\bexecSync\(|\bspawnSync\(|[^.\w]exec\(/],
    ['code made of text', /\beval\(|new Function\(|\bvm['"]|setTimeout\(['"]/],
    ['markup made of text', /\bv-html\b|\.innerHTML\b|\.outerHTML\b|insertAdjacentHTML|document\.write/],
    ['other programs for an address', /openExternal|openPath\((?!.*[lL]og)/],
    [
      'a window with less protection',
      /nodeIntegration: true|contextIsolation: false|sandbox: false|webSecurity: false/,
    ],
    ['experiments of the browser', /experimentalFeatures|enableBlinkFeatures|allowRunningInsecureContent|webviewTag/],
    ['certificates that are not right', /certificate-error|setCertificateVerifyProc|rejectUnauthorized/],
  ])('never asks for %s', (_what, pattern) => {
    expect(filesWith(pattern)).toEqual([])
  })

  test('names no address on the web but the one that datasets are fetched from', () => {
    const named = files.flatMap(({ file, text }) =>
      [...text.matchAll(/['"`](https?:\/\/[^'"`\s]+)/g)].map(([, address = '']) => `${file} ${address}`),
    )
    // A name of a kind of drawing, which nothing is fetched from.
    const fetched = named.filter((name) => !name.endsWith('http://www.w3.org/2000/svg'))
    expect(fetched).toHaveLength(1)
    expect(fetched[0]).toMatch(/^src\/shared\/datasets\/catalogue\.ts https:/)
  })
})
