import { spawn } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { afterAll, beforeAll, expect, it } from 'vitest'

/** `scripts/killRuns.mjs` with the program as it is now, and a few kills. */

const checkout = fileURLToPath(new URL('../..', import.meta.url))
// Below the checkout, where Node finds the packages that stay outside the bundle.
const built = join(checkout, 'out', `test-kills-${process.pid}`)

beforeAll(async () => {
  const configFile = join(checkout, 'vite.engine.config.ts')
  await build({ root: checkout, configFile, logLevel: 'error', build: { outDir: built } })
}, 120_000)

afterAll(() => rm(built, { recursive: true, force: true }))

it(
  'runs that are killed at random moments can be read and go on with the same losses',
  { timeout: 300_000 },
  async () => {
    const script = join(checkout, 'scripts', 'killRuns.mjs')
    const words = [script, '--kills', '3', '--seed', '5', '--program', join(built, 'cli.js')]
    const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'pipe'] })
    let said = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (said += text))
    }
    const code = await new Promise((resolve, reject) => {
      child.on('error', reject)
      child.on('close', resolve)
    })
    expect(said).toContain('Every folder was readable and every loss the same.')
    expect(said.match(/^ +\d+ {2}good/gm)).toHaveLength(3)
    expect(code).toBe(0)
  },
)
