import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { readTensorFile } from '@engine/formats/tensorFile'
import { writeSafetensors } from '@engine/formats/safetensors'
import { readCheckpoint, type Checkpoint } from '@engine/vit/checkpoint'
import { exportLayouts, exportWeights, type ExportLayout } from '@engine/vit/layouts/exportWeights'
import { Predictor } from '@engine/vit/predictor'
import { vitrine } from '../engine/cliTerminal'
import { textWith } from '../support/matching'
import { goldenArray, goldenJson, goldenPath, largestDifference } from './fixture'

/** What is exported, against the file it came from. `scripts/golden/layouts.py --check` loads it into the libraries. */

const caseSchema = z.object({ name: z.string(), file: z.string(), layout: z.string(), heads: z.int(), side: z.int() })
type Case = z.output<typeof caseSchema>
const { cases } = z.object({ cases: z.array(caseSchema) }).parse(await goldenJson('layouts/cases.json'))

let folder: string
beforeAll(async () => {
  folder = process.env['VITRINE_EXPORTS'] ?? (await mkdtemp(join(tmpdir(), 'vitrine-export-')))
})
afterAll(async () => {
  if (process.env['VITRINE_EXPORTS'] === undefined) await rm(folder, { recursive: true })
})

function read({ file, heads }: Case): Promise<Checkpoint> {
  return readCheckpoint(goldenPath(`layouts/${file}`), { heads })
}

function caseCalled(name: string): Case {
  const found = cases.find((candidate) => candidate.name === name)
  if (found === undefined) throw new Error(`no case ${name}`)
  return found
}

/** The pairs for which a layout has a place, as each program's own classes have it. */
const refused: Readonly<Record<ExportLayout, RegExp>> = {
  timm: /pooler|pre-logits|^hf-dinov2$|^hf-dinov2-registers$/,
  huggingface: /mean-pooling|^google-pre-logits$/,
  torchvision: /mean-pooling|deit|dinov2/,
}

describe.each(exportLayouts)('export for %s', (layout) => {
  const fitting = cases.filter(({ name }) => !refused[layout].test(name))

  it.each(fitting)('of $name computes the same when read again', async (fixture) => {
    const out = join(folder, fixture.name, layout)
    const options = ['--layout', layout, '--heads', String(fixture.heads), '--json']
    const converted = await vitrine(['convert', goldenPath(`layouts/${fixture.file}`), out, ...options])
    expect(converted).toMatchObject({ exitCode: 0, errors: '' })
    expect(JSON.parse(converted.out)).toMatchObject({ from: fixture.layout, layout })
    // The metadata tell the number of heads.
    const checkpoint = await readCheckpoint(join(out, 'model.safetensors'))
    expect(checkpoint.source?.layout).toBe(layout)
    const images = await goldenArray(`layouts/input-${fixture.side}.npy`)
    const predictor = await Predictor.open(checkpoint)
    const logits = await predictor.predict(images.data, 2)
    predictor.dispose()
    const expected = (await goldenArray(`layouts/${fixture.name}/logits.npy`)).data
    if (logits.length === expected.length) expect(largestDifference(logits, expected)).toBeLessThan(1e-4)
    else expect(checkpoint.sizes.headReading).toBe('class-and-mean')
  })

  it('refuses a model that it has no place for', async () => {
    const misfits = cases.filter(({ name }) => refused[layout].test(name))
    expect(misfits.length).toBeGreaterThan(0)
    for (const misfit of misfits) {
      const checkpoint = await read(misfit)
      expect(() => exportWeights(checkpoint, layout)).toThrow(/^The layout of \w+ has no place for .*: choose another/)
    }
  })
})

/** Files that name a tensor in another way than the layout does today. */
const otherNames = ['timm-mean-pooling', 'dinov2-hub', 'hf-vit-state-dict']

const sameLayout = cases.filter(({ layout, name }) => {
  const target = exportLayouts.find((candidate) => candidate === layout)
  return target !== undefined && !refused[target].test(name) && !otherNames.includes(name)
})

it.each(sameLayout)('$name comes back with the tensors of its source', async (fixture) => {
  const layout = z.enum(exportLayouts).parse(fixture.layout)
  const { tensors } = await readTensorFile(goldenPath(`layouts/${fixture.file}`))
  const exported = exportWeights(await read(fixture), layout)
  expect([...exported.keys()].sort()).toEqual([...tensors.keys()].sort())
  for (const [name, { shape, data }] of tensors) {
    expect(exported.get(name)?.shape, name).toEqual(shape)
    expect(largestDifference(exported.get(name)?.data ?? [], data), name).toBe(0)
  }
})

it.each(['notebook', 'google', 'google-big-vision'])('%s becomes a file of timm', async (name) => {
  const exported = exportWeights(await read(caseCalled(name)), 'timm')
  const { tensors } = await readTensorFile(goldenPath('layouts/timm-vit/model.safetensors'))
  expect([...exported.keys()].sort()).toEqual([...tensors.keys()].sort())
  if (name === 'notebook') return
  for (const [key, { data }] of tensors) expect(exported.get(key)?.data, key).toEqual(data)
})

describe('what does not fit', () => {
  async function foreign(change: (tensors: Map<string, { shape: number[]; data: Float32Array }>) => void) {
    const { tensors } = await readTensorFile(goldenPath('layouts/timm-vit/model.safetensors'))
    change(tensors)
    const path = join(folder, 'changed.safetensors')
    await writeSafetensors(path, tensors, {})
    return readCheckpoint(path, { heads: 2 })
  }
  const filled = (shape: number[]) => ({ shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)) })

  it('is named tensor by tensor, with shapes', async () => {
    const changed = foreign((tensors) => {
      tensors.delete('blocks.1.norm2.bias')
      tensors.set('blocks.0.attn.proj.weight', filled([16, 17]))
      tensors.set('blocks.7.norm1.bias', filled([16]))
    })
    await expect(changed).rejects.toMatchObject({
      kind: 'invalid-input',
      message: textWith(
        'lacks "blocks.1.norm2.bias" [16]; it has in another shape "blocks.0.attn.proj.weight" [16, 17] instead of [16, 16]; it has without a place for them "blocks.7.norm1.bias" [16].',
      ),
    })
  })

  it('is told with what the model has, where that is known', async () => {
    const changed = foreign((tensors) => tensors.set('blocks.0.mlp.w12.weight', filled([4, 16])))
    await expect(changed).rejects.toMatchObject({
      message: textWith('"blocks.0.mlp.w12.weight" [4, 16]. It has a gated MLP (SwiGLU)'),
    })
  })

  it('of a model of another kind is listed', async () => {
    const path = join(folder, 'other.safetensors')
    await writeSafetensors(path, new Map([['conv1.weight', filled([8, 3, 7, 7])]]), {})
    await expect(readCheckpoint(path)).rejects.toMatchObject({ message: textWith('"conv1.weight" [8, 3, 7, 7]') })
  })

  it('is refused for another activation than GELU', async () => {
    const beside = join(folder, 'relu')
    await mkdir(beside, { recursive: true })
    await copyFile(goldenPath('layouts/hf-vit/model.safetensors'), join(beside, 'model.safetensors'))
    await writeFile(join(beside, 'config.json'), '{"hidden_act": "relu"}')
    await expect(readCheckpoint(join(beside, 'model.safetensors'))).rejects.toMatchObject({
      message: textWith('"relu"'),
    })
  })
})

it('takes classes and normalisation from the files beside a model of Hugging Face', async () => {
  const { classes, normalize } = await read(caseCalled('hf-vit'))
  expect(classes).toEqual(['cat', 'dog', 'owl'])
  expect(normalize).toEqual({ mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] })
  expect((await read(caseCalled('hf-dinov2'))).normalize.mean).toEqual([0.485, 0.456, 0.406])
  expect((await read(caseCalled('timm-headless'))).classes.slice(0, 2)).toEqual(['feature 0', 'feature 1'])
})
