import { writeFile } from 'node:fs/promises'
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
