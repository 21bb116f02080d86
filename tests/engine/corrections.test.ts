import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { Correction } from '@shared/contract/corrections'
import { readRunRecord } from '@engine/runs/runFolder'
import { temporaryFolder } from '../unit/formats/temporaryFolder'
import { stepLosses, tinyConfig, tinyDataset, trainTiny } from './tinyTraining'

/** Records 0 and 1 of 23 left out, 2 of another class: 21 images make 6 steps of 4. */
const corrections: Correction[] = [
  { index: 0, file: '0', was: 0, label: null },
  { index: 1, file: '1', was: 1, label: null },
  { index: 2, file: '2', was: 2, label: 0 },
]

async function write(dataset: string, list: readonly Correction[]): Promise<void> {
  await writeFile(join(dataset, 'corrections.json'), JSON.stringify({ format: 1, corrections: list }))
}

it('a run is trained with the corrections of its dataset, says so, and only goes on with the same', async () => {
  const parent = await temporaryFolder()
  const dataset = await tinyDataset(parent)
  const config = tinyConfig(dataset, { epochs: 2 })
  await trainTiny(config, join(parent, 'plain'))
  expect((await readRunRecord(join(parent, 'plain'))).dataset).not.toHaveProperty('corrections')

  await write(dataset, corrections)
  const whole = await trainTiny(config, join(parent, 'whole'))
  expect(whole.dataset).toMatchObject({ trainCount: 21, valCount: 9, corrections: { relabelled: 1, leftOut: 2 } })
  expect(whole.stepsPerEpoch).toBe(6)
  expect(await stepLosses(join(parent, 'whole'))).not.toEqual(await stepLosses(join(parent, 'plain')))

  const folder = join(parent, 'resumed')
  await trainTiny(config, folder, { endAfter: { step: 4, by: 'pause' } })
  // As many corrections, but others.
  await write(dataset, [...corrections.slice(0, 2), { index: 5, file: '5', was: 2, label: 0 }])
  await expect(trainTiny(config, folder, { resume: true })).rejects.toMatchObject({
    kind: 'invalid-input',
    field: 'data.dataset',
    message: expect.stringContaining('corrections'),
  })
  await rm(join(dataset, 'corrections.json'))
  await expect(trainTiny(config, folder, { resume: true })).rejects.toMatchObject({ kind: 'invalid-input' })
  await write(dataset, corrections.toReversed())
  expect((await trainTiny(config, folder, { resume: true })).status).toBe('finished')
  expect(await stepLosses(folder)).toEqual(await stepLosses(join(parent, 'whole')))
}, 120_000)
