import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseRunConfig, runConfigSchema, type RunConfig } from '@shared/config/runConfig'
import { readMetrics, readRunRecord } from '@engine/runs/runFolder'
import { TemporaryFolder } from '../support/temporaryFolder'
import { vitrine } from './cliTerminal'
import { tinyConfig, tinyDataset, trainTiny } from './tinyTraining'

/** What is written of a real run, by the commands. */

const hostileName = 'tiny <script>alert("1")</script>'

let folder: TemporaryFolder
let home: string
let run: string
let config: RunConfig

async function done(...words: string[]): Promise<string> {
  const { exitCode, out, errors } = await vitrine(words, home)
  expect(errors).toBe('')
  expect(exitCode).toBe(0)
  return out
}

beforeAll(async () => {
  folder = await TemporaryFolder.make()
  home = folder.path
  await mkdir(join(home, 'runs'))
  run = join(home, 'runs', 'tiny')
  config = { ...tinyConfig(await tinyDataset(home)), name: hostileName }
  await trainTiny(config, run)
  await done(
    'evaluate',
    join(run, 'checkpoints', 'last.safetensors'),
    '--data',
    config.data.dataset,
    '--out',
    join(run, 'evaluation', 'last-val'),
  )
})

afterAll(() => folder[Symbol.asyncDispose]())

/** Pictures in a page, decoded. */
async function picturesOf(page: string): Promise<{ width: number; deviation: number }[]> {
  const found = [...page.matchAll(/src="data:image\/(?:png|jpeg);base64,([^"]+)"/g)]
  return Promise.all(
    found.map(async ([, data = '']) => {
      const picture = sharp(Buffer.from(data, 'base64'))
      const { width } = await picture.metadata()
      const { channels } = await picture.stats()
      return { width, deviation: Math.max(...channels.map(({ stdev }) => stdev)) }
    }),
  )
}

describe('history', () => {
  it("has the run's epochs and steps, beside its metrics where no folder is named", async () => {
    await done('history', run)
    const names = await readdir(run)
    for (const name of ['history.npy', 'history.csv', 'steps.npy', 'steps.csv']) expect(names).toContain(name)
    const lines = (await readFile(join(run, 'history.csv'), 'utf8')).trim().split('\n')
    expect(lines[0]).toMatch(/^epoch,lr,train_loss,train_acc,val_loss,val_acc,seconds,val_top5/)
    expect(lines).toHaveLength(1 + 3)
    const losses = (await readMetrics(run)).flatMap((line) => (line.type === 'epoch' ? [line.train_loss] : []))
    expect(lines.slice(1).map((line) => Number(line.split(',')[2]))).toEqual(losses)
    const steps = (await readFile(join(run, 'steps.csv'), 'utf8')).trim().split('\n')
    expect(steps).toHaveLength(1 + 3 * 6)
  })

  it('finds a run by its name, and says what is no run', async () => {
    const out = join(home, 'exported')
    expect(await done('history', 'tiny', '--out', out, '--json')).toContain('history.npy')
    expect((await readdir(out)).sort()).toEqual(['history.csv', 'history.npy', 'steps.csv', 'steps.npy'])
    const { exitCode, errors } = await vitrine(['history', join(home, 'nothing')], home)
    expect(exitCode).toBe(1)
    expect(errors).toMatch(/^error: .*holds no run/)
  })
})

it('tensorboard: an event file for each run in a folder of its own', async () => {
  const out = join(home, 'events')
  await done('tensorboard', 'tiny', '--out', out)
  const { id } = await readRunRecord(run)
  const [file = ''] = await readdir(join(out, id))
  expect(file).toMatch(/^events\.out\.tfevents\.\d+\.vitrine$/)
  const bytes = await readFile(join(out, id, file))
  expect(bytes.toString('latin1')).toContain('brain.Event:2')
  // Walks the records by their lengths: a version, 18 steps and 3 epochs.
  let records = 0
  for (let at = 0; at < bytes.length; at += 16 + Number(bytes.readBigUInt64LE(at))) records++
  expect(records).toBe(1 + 18 + 3)
  expect((await vitrine(['tensorboard', '--out', out], home)).errors).toMatch(/^error: the run is missing/)
})

describe('the report of a run', () => {
  let page: string
  beforeAll(async () => {
    await done('report', run, '--out', join(home, 'reports', 'tiny.html'))
    page = await readFile(join(home, 'reports', 'tiny.html'), 'utf8')
  })

  it('needs no network and runs no script, whatever the run is called', () => {
    expect(page).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;')
    expect(page).not.toMatch(/<script|<link|<iframe|src="(?!data:)|href="(?!#)|@import|url\(/)
    expect(page).toContain('http-equiv="Content-Security-Policy"')
  })

  it('shows all its parts', () => {
    const parts = [...page.matchAll(/<section id="([a-z]+)"/g)].map(([, id]) => id)
    const expected = 'overview curves evaluation confusion errors model filters positions attention distance settings'
    expect(parts).toEqual(expected.split(' '))
    for (const label of ['Loss', 'Accuracy', 'Learning rate', 'Reliability diagram', 'Attention distance by layer']) {
      expect(page).toContain(`aria-label="${label}"`)
    }
    expect(page).not.toMatch(/NaN|undefined|\[object/)
  })

  it('holds pictures that are whole and not blank', async () => {
    const pictures = await picturesOf(page)
    // Errors, filters, positions, and for each of four images itself, two overlays and its heads.
    expect(pictures.length).toBeGreaterThanOrEqual(2 + 4 * 4)
    expect(pictures.filter(({ deviation }) => deviation > 2).length).toBeGreaterThan(pictures.length / 2)
  })

  it('is written of a run without evaluation, checkpoints or dataset as well', async () => {
    const bare = join(home, 'runs', 'bare')
    await mkdir(bare)
    const record = await readRunRecord(run)
    const gone = {
      ...record,
      config: { ...record.config, data: { ...record.config.data, dataset: join(home, 'gone') } },
    }
    await writeFile(join(bare, 'run.json'), JSON.stringify(gone))
    await done('report', bare, '--out', join(home, 'bare.html'))
    const text = await readFile(join(home, 'bare.html'), 'utf8')
    expect(text).toContain('This run has not been evaluated')
    expect(text).toContain('No checkpoint of this run was kept.')
  })
})

it('the report of a checkpoint and images', async () => {
  const picture = join(home, 'wide.png')
  await sharp({ create: { width: 60, height: 30, channels: 3, background: '#3366cc' } })
    .png()
    .toFile(picture)
  const file = join(home, 'model.html')
  const checkpoint = join(run, 'checkpoints', 'last.safetensors')
  await done('inspect', checkpoint, picture, '--report', file)
  const page = await readFile(file, 'utf8')
  const parts = [...page.matchAll(/<section id="([a-z]+)"/g)].map(([, id]) => id)
  expect(parts).toEqual(['model', 'attention', 'distance', 'filters', 'positions'])
  expect(page).toContain('wide.png')
  // In its own aspect.
  expect(page).toMatch(/alt="wide\.png"\s+width="300"\s+height="150"/)
  const { errors } = await vitrine(['inspect', checkpoint], home)
  expect(errors).toMatch(/^error: give --out for a folder, or --report/)
})

it('the configuration in run.json makes the run again', async () => {
  const { config: kept } = await readRunRecord(run)
  const text = JSON.stringify(kept, null, 2)
  const parsed = parseRunConfig(JSON.parse(text))
  expect(parsed).toEqual({ ok: true, config: kept })
  expect(runConfigSchema.parse(JSON.parse(text))).toEqual(config)
})
