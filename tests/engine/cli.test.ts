import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { trainSchema } from '@shared/config/trainConfig'
import { learningRatePlan, learningRates } from '@shared/schedule'
import { goldenPath } from '../golden/fixture'
import { vitrine } from './cliTerminal'

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vitrine-cli-'))
})

afterAll(async () => {
  await rm(folder, { recursive: true })
})

async function config(value: unknown): Promise<string> {
  const path = join(folder, 'config.json')
  await writeFile(path, typeof value === 'string' ? value : JSON.stringify(value))
  return path
}

const minimal = { data: { dataset: 'sample:shapes' }, model: { preset: 'Ti/16' } }

async function mistake(...words: string[]): Promise<string> {
  const { exitCode, out, errors } = await vitrine(words, join(folder, 'home'))
  expect(exitCode).toBe(1)
  expect(out).toBe('')
  expect(errors).toMatch(/^error: [^\n]+\n$/)
  return errors
}

describe('help', () => {
  const names = ['doctor', 'prepare', 'schedule', 'train', 'predict', 'attend', 'inspect', 'bench']

  it('lists the commands', async () => {
    const { exitCode, out, errors } = await vitrine(['--help'])
    expect([exitCode, errors]).toEqual([0, ''])
    for (const name of names) expect(out).toContain(`\n  ${name} `)
  })

  it.each(names)('of %s names its options', async (name) => {
    const { exitCode, out } = await vitrine([name, '--help'])
    expect(exitCode).toBe(0)
    expect(out).toMatch(new RegExp(`^Usage: vitrine ${name} `))
    expect(out).toContain('--json')
  })
})

describe('mistakes are one line and exit code 1', () => {
  it('no command, or one that does not exist', async () => {
    expect(await mistake()).toContain('Name a command')
    expect(await mistake('constructor')).toContain('There is no command "constructor"')
  })

  it('an unknown option, a missing value, a word too many', async () => {
    expect(await mistake('schedule', 'x.json', '--colour')).toContain("Unknown option '--colour'")
    expect(await mistake('prepare', 'photos', '--out')).toMatch(/--out.* argument missing/)
    expect(await mistake('schedule', 'x.json', 'y.json')).toContain('"y.json" is one word too many')
    expect(await mistake('schedule')).toContain('the configuration file is missing')
  })

  it('numbers and choices that cannot be', async () => {
    expect(await mistake('prepare', 'photos', '--out', 'x', '--size', '12.5')).toContain(
      '--size must be a whole number',
    )
    expect(await mistake('prepare', 'photos', '--out', 'x', '--val', 'half')).toContain('--val must be a number')
    expect(await mistake('prepare', 'photos')).toContain('--out is missing')
    expect(await mistake('bench', '--model', 'XL/3')).toContain('choose one of Ti/8')
    expect(await mistake('bench', '--precision', 'fp8')).toContain('--precision must be fp32 or bf16')
    const attend = ['attend', goldenPath('vit-small/weights.safetensors'), '--heads', '4', '--out', join(folder, 'x')]
    expect(await mistake(...attend)).toContain('--method is missing')
    expect(await mistake(...attend, '--method', 'guess')).toContain('--method must be raw')
    expect(await mistake(...attend, '--method', 'rollout', '--discard', '1')).toContain('--discard must be from 0')
    expect(await mistake(...attend, '--method', 'rollout', '--residual', 'yes')).toContain('must be true or false')
    expect(await mistake(...attend, '--method', 'raw')).toContain('give an image or --tensor')
  })

  it('a configuration that is not there, is no JSON, or has unknown or impossible settings', async () => {
    expect(await mistake('train', join(folder, 'none.json'))).toContain('There is no configuration file')
    expect(await mistake('train', await config('{"data": '))).toContain('is not valid JSON')
    expect(await mistake('train', await config({ ...minimal, trian: {} }))).toContain('"trian" is not a known setting')
    const wrong = { ...minimal, model: { preset: 'Ti/16', numHeads: 5 } }
    expect(await mistake('train', await config(wrong))).toContain('"model.numHeads" must divide the width')
    const several = { ...minimal, train: { epochs: 0, batchSize: -1 } }
    expect(await mistake('train', await config(several))).toMatch(/"train\.epochs" .* "train\.batchSize" /)
  })

  it('a checkpoint that is not there or is something else', async () => {
    expect(await mistake('predict', join(folder, 'none.safetensors'), 'a.png')).toContain('There is no file')
    expect(await mistake('predict', await config(minimal), 'a.png')).toContain('config.json')
    expect(await mistake('predict', goldenPath('vit-small/weights.safetensors'), 'a.png')).toContain('--heads')
  })

  it('an image that is not there, and a tensor of another shape', async () => {
    const model = [goldenPath('vit-small/weights.safetensors'), '--heads', '4']
    expect(await mistake('predict', ...model, join(folder, 'none.jpg'))).toContain('none.jpg')
    const tensor = ['--tensor', goldenPath('vit-small/logits.npy')]
    expect(await mistake('predict', ...model, ...tensor)).toContain('the model needs [B,3,32,32]')
    expect(await mistake('predict', ...model, ...tensor, 'a.png')).toContain('either images or --tensor')
    expect(await mistake('predict', ...model, '--tensor', goldenPath('vit-small/labels.npy'))).toContain('float32')
  })
})

it('a file where a folder should be made is a mistake', async () => {
  const model = [goldenPath('vit-small/weights.safetensors'), '--heads', '4']
  expect(await mistake('inspect', ...model, '--out', await config(minimal))).toContain('a file is in its way')
})

describe('schedule', () => {
  it('gives every epoch from 1 and its learning rate as JSON', async () => {
    const { exitCode, out } = await vitrine(['schedule', await config({ ...minimal, train: { epochs: 12 } }), '--json'])
    expect(exitCode).toBe(0)
    const expected = learningRates(trainSchema.parse({}).schedule, 1e-4, 12).map((lr, index) => ({
      epoch: index + 1,
      lr,
    }))
    expect(JSON.parse(out)).toEqual(expected)
  })

  it('gives every step of a schedule by steps where it is told how many an epoch has', async () => {
    const train = { epochs: 3, schedule: { name: 'warmup-cosine', interval: 'step', warmupEpochs: 1 } }
    const { out } = await vitrine(['schedule', await config({ ...minimal, train }), '--steps-per-epoch', '4', '--json'])
    const { schedule, optimizer } = trainSchema.parse(train)
    const { rates } = learningRatePlan(schedule, optimizer.lr, 3, 4)
    const expected = Array.from(rates, (lr, index) => ({ epoch: Math.floor(index / 4) + 1, step: index + 1, lr }))
    expect(JSON.parse(out)).toEqual(expected)
    expect(new Set(rates).size).toBeGreaterThan(9)
  })

  it('is a table for a person', async () => {
    const { out } = await vitrine(['schedule', await config({ ...minimal, train: { epochs: 4 } })])
    expect(out.split('\n')).toHaveLength(6)
    expect(out).toContain('1.000000e-6')
  })
})
