import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { parseMetricLines } from '@shared/metricsFile'
import { temporaryFolder } from '../unit/formats/temporaryFolder'
import { vitrine } from './cliTerminal'
import { stepLosses, tinyDataset } from './tinyTraining'

it('trains a run, and goes on with it for more steps and nothing else', async () => {
  const parent = await temporaryFolder()
  const dataset = await tinyDataset(parent)
  const out = join(parent, 'run')
  const configFile = async (maxSteps: number, lr = 1e-3) => {
    const path = join(parent, 'config.json')
    const model = { patchSize: 4, embedDim: 16, depth: 1, numHeads: 2 }
    const train = { epochs: 2, batchSize: 8, maxSteps, optimizer: { lr }, schedule: { warmupEpochs: 1 } }
    await writeFile(path, JSON.stringify({ data: { dataset }, model, train }))
    return path
  }
  const train = (config: string, ...words: string[]) => vitrine(['train', config, ...words], join(parent, 'home'))

  expect((await train(await configFile(2), '--out', out)).exitCode).toBe(0)
  const nowhere = await train(await configFile(4), '--resume')
  expect(nowhere).toMatchObject({ exitCode: 1, out: '' })
  expect(nowhere.errors).toContain('--out is missing')
  const changed = await train(await configFile(4, 1e-2), '--out', out, '--resume')
  expect(changed.errors).toMatch(/^error: "train\.optimizer\.lr" differs from the run's own setting[^\n]*\n$/)

  const resumed = await train(await configFile(4), '--out', out, '--resume', '--save-every', '0', '--json')
  expect(resumed.exitCode).toBe(0)
  const printed = parseMetricLines(resumed.out)
  expect(printed.map(({ type }) => type)).toEqual(['resume', 'step', 'epoch', 'step', 'epoch'])
  expect((await stepLosses(out)).map(([step]) => step)).toEqual([1, 2, 3, 4])
  const empty = await train(await configFile(4), '--out', join(parent, 'nothing'), '--resume')
  expect(empty.errors).toContain('holds no run')
})

it('trains all runs of a sweep, and on the next call what is left of them', { timeout: 60_000 }, async () => {
  const parent = await temporaryFolder()
  const dataset = await tinyDataset(parent)
  const [config, sweep, out] = ['config.json', 'sweep.json', 'out'].map((name) => join(parent, name))
  const model = { patchSize: 4, embedDim: 16, depth: 1, numHeads: 2 }
  const train = { epochs: 1, batchSize: 8, schedule: { warmupEpochs: 0 } }
  await writeFile(config ?? '', JSON.stringify({ name: 'Tiny', data: { dataset }, model, train }))
  const settings = { 'model.numHeads': [2, 3], seed: [1, 2] }
  await writeFile(sweep ?? '', JSON.stringify({ settings }))
  const words = ['sweep', config ?? '', sweep ?? '', '--out', out ?? '', '--json']

  const first = await vitrine(words, join(parent, 'home'))
  expect(first.exitCode).toBe(0)
  expect(first.errors).toContain('left out: model.numHeads 3, seed 1: "model.numHeads" must divide the width')
  const lines = first.out.trim().split('\n')
  expect(lines.map((line): unknown => JSON.parse(line))).toMatchObject([
    { name: 'Tiny · numHeads 2 · seed 1', status: 'finished', folder: join(out ?? '', '1-tiny-numheads-2-seed-1') },
    { name: 'Tiny · numHeads 2 · seed 2', status: 'finished' },
  ])

  const second = join(out ?? '', '2-tiny-numheads-2-seed-2')
  const losses = await stepLosses(second)
  await rm(second, { recursive: true })
  const again = await vitrine(words, join(parent, 'home'))
  expect(again).toMatchObject({ exitCode: 0, out: first.out })
  expect(await stepLosses(second)).toEqual(losses)
  await writeFile(sweep ?? '', JSON.stringify({ settings: { seed: [] } }))
  expect((await vitrine(words, join(parent, 'home'))).errors).toMatch(/^error: .*must name at least one value/)
})
