import { expect, test } from 'vitest'
import { z } from 'zod'
import { readCheckpoint } from '@engine/vit/checkpoint'
import { Predictor } from '@engine/vit/predictor'
import { resizePositions } from '@engine/vit/resizePositions'
import { vitrine } from '../engine/cliTerminal'
import { temporaryFolder } from '../unit/formats/temporaryFolder'
import { goldenArray, goldenJson, goldenPath, largestDifference } from './fixture'

/** Small models as timm, transformers, torchvision and Google save them; see `scripts/golden/layouts.py`. */

const caseSchema = z.strictObject({
  name: z.string(),
  file: z.string(),
  layout: z.enum(['timm', 'huggingface', 'torchvision', 'notebook', 'google']),
  heads: z.int(),
  side: z.int(),
})
const { cases } = z.object({ cases: z.array(caseSchema) }).parse(await goldenJson('layouts/cases.json'))

/** These files, or those beside them, tell the number of heads themselves. */
const tellsHeads = ['huggingface', 'google']

test.each(cases)('$name is read and gives its library’s logits', async ({ name, file, layout, heads, side }) => {
  const options = tellsHeads.includes(layout) ? {} : { heads }
  const checkpoint = await readCheckpoint(goldenPath(`layouts/${file}`), options)
  expect(checkpoint.source?.layout).toBe(layout)
  expect(checkpoint.sizes.numHeads).toBe(heads)
  expect(checkpoint.sizes.imageSize).toBe(side)
  const images = await goldenArray(`layouts/input-${side}.npy`)
  const expected = await goldenArray(`layouts/${name}/logits.npy`)
  const predictor = await Predictor.open(checkpoint)
  const logits = await predictor.predict(images.data, 2)
  const { logits: withAttention } = await predictor.attend(images.data, 2)
  predictor.dispose()
  expect(largestDifference(logits, expected.data)).toBeLessThan(1e-4)
  expect(largestDifference(withAttention, expected.data)).toBeLessThan(1e-4)
})

test('predict and attend take a published file, and images of another size', async () => {
  const model = goldenPath('layouts/timm-vit/model.safetensors')
  const options = ['--heads', '2', '--image-size', '24', '--tensor', goldenPath('layouts/input-24.npy'), '--json']
  const { exitCode, out, errors } = await vitrine(['predict', model, ...options])
  expect([exitCode, errors]).toEqual([0, ''])
  const { logits } = z.object({ logits: z.array(z.array(z.number())) }).parse(JSON.parse(out))
  const expected = await goldenArray('layouts/timm-vit/logits-24.npy')
  expect(largestDifference(logits.flat(), expected.data)).toBeLessThan(1e-4)
  const folder = await temporaryFolder()
  const attended = await vitrine(['attend', model, ...options, '--method', 'raw', '--out', folder])
  expect(JSON.parse(attended.out)).toMatchObject({ shape: [2, 2, 2, 37, 37] })
})

test('positions are resampled as timm does', async () => {
  const { width, side, values, resampled } = z
    .object({
      width: z.int(),
      side: z.int(),
      values: z.array(z.number()),
      resampled: z.array(z.object({ side: z.int(), values: z.array(z.number()) })),
    })
    .parse(await goldenJson('layouts/positions.json'))
  const positions = { shape: [1, 1 + side * side, width], data: Float32Array.from(values) }
  expect(resampled.map((result) => result.side)).toEqual([2, 3, 5, 7, 9])
  for (const result of resampled) {
    const { shape, data } = resizePositions(positions, 1, side, result.side)
    expect(shape).toEqual([1, 1 + result.side ** 2, width])
    expect(largestDifference(data, result.values)).toBeLessThan(1e-5)
  }
})
