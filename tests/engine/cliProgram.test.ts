import { spawn } from 'node:child_process'
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { parseMetricLines } from '@shared/metricsFile'
import { goldenPath } from '../golden/fixture'

/** The headless command as a program of its own: processes, streams, signals. */

const checkout = fileURLToPath(new URL('../..', import.meta.url))
// Below the checkout, where Node finds the packages that stay outside the bundle.
const built = join(checkout, 'out', `test-cli-${process.pid}`)
const program = join(built, 'cli.js')

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vitrine-program-'))
  const configFile = join(checkout, 'vite.engine.config.ts')
  await build({ root: checkout, configFile, logLevel: 'error', build: { outDir: built } })
})

afterAll(async () => {
  await rm(built, { recursive: true, force: true })
  await rm(folder, { recursive: true })
})

interface Ended {
  code: number | null
  out: string
  errors: string
}

/** `onOutput` is told all of standard output so far, and may send a signal. */
function run(
  words: string[],
  onOutput: (out: string, signal: (name: NodeJS.Signals) => void) => void = () => undefined,
): Promise<Ended> {
  const environment = { ...process.env, VITRINE_HOME: join(folder, 'home') }
  const child = spawn(process.execPath, [program, ...words], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] })
  let out = ''
  let errors = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text
    onOutput(out, (name) => child.kill(name))
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, out, errors }))
  })
}

async function config(train: object): Promise<string> {
  const path = join(folder, 'config.json')
  const model = { patchSize: 16, embedDim: 24, depth: 1, numHeads: 2 }
  await writeFile(path, JSON.stringify({ data: { dataset: 'sample:shapes' }, model, train }))
  return path
}

it('answers a schedule without loading TensorFlow or sharp', async () => {
  const { code, out, errors } = await run(['schedule', await config({ epochs: 5 }), '--json'])
  expect([code, errors]).toEqual([0, ''])
  expect(JSON.parse(out)).toHaveLength(5)
  const bundle = await readFile(program, 'utf8')
  expect(bundle).not.toMatch(/^import .*(tfjs|sharp)/m)
})

it("tells a user's mistake on one line of standard error, with exit code 1", async () => {
  const ended = await run(['predict', goldenPath('vit-small/weights.safetensors'), 'none.png', '--heads', '4'])
  expect(ended).toMatchObject({ code: 1, out: '' })
  expect(ended.errors).toMatch(/^error: [^\n]*none\.png[^\n]*\n$/)
})

it('predicts with nothing but JSON on standard output and silence on standard error', async () => {
  const tensor = ['--tensor', goldenPath('vit-small/input.npy'), '--heads', '4', '--json']
  const { code, out, errors } = await run(['predict', goldenPath('vit-small/weights.safetensors'), ...tensor])
  expect([code, errors]).toEqual([0, ''])
  const array: unknown = expect.any(Array)
  expect(JSON.parse(out)).toEqual({ logits: array, probabilities: array, classes: array })
})

it('trains with one line of metrics per line; Ctrl+C stops it and keeps the checkpoint', async () => {
  const out = join(folder, 'run')
  let interrupted = false
  const words = ['train', await config({ epochs: 1000, schedule: { warmupEpochs: 1 } }), '--out', out, '--json']
  const ended = await run(words, (text, signal) => {
    if (interrupted || !text.includes('"type":"epoch"')) return
    interrupted = true
    signal('SIGINT')
  })
  expect(ended.code).toBe(0)
  const printed = parseMetricLines(ended.out)
  expect(printed).toHaveLength(ended.out.trim().split('\n').length)
  expect(printed.some((line) => line.type === 'epoch')).toBe(true)
  expect(parseMetricLines(await readFile(join(out, 'metrics.jsonl'), 'utf8'))).toEqual(printed)
  expect(JSON.parse(await readFile(join(out, 'run.json'), 'utf8'))).toMatchObject({ status: 'stopped' })
  expect(await readdir(join(out, 'checkpoints'))).toContain('last.safetensors')
  const again = await run(words)
  expect(again.code).toBe(1)
  expect(again.errors).toMatch(/^error: [^\n]*not empty[^\n]*\n$/)
})
