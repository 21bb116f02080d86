import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, it } from 'vitest'
import { RecentFiles } from '../../../src/main/host/recentFiles'
import { engineSettings } from '../../../src/main/host/engineSettings'
import { defaultSettings } from '@shared/contract/settings'
import { TemporaryFolder } from '../../support/temporaryFolder'

it('keeps the ten that were opened last, each once, through a restart', async () => {
  await using folder = await TemporaryFolder.make()
  const seen: number[] = []
  const recent = await RecentFiles.open(folder.path, (paths) => seen.push(paths.length))
  for (let index = 0; index < 12; index++) await recent.add(`/images/${index}.png`)
  await recent.add('/images/5.png')
  const again = await RecentFiles.open(folder.path, () => undefined)
  expect(again.list()).toEqual([5, 11, 10, 9, 8, 7, 6, 4, 3, 2].map((index) => `/images/${index}.png`))
  expect(seen.at(-1)).toBe(10)
  await again.clear()
  expect(again.list()).toEqual([])
})

it('takes a damaged list for an empty one', async () => {
  await using folder = await TemporaryFolder.make()
  await writeFile(path.join(folder.path, 'recent.json'), '["/a", 3')
  expect((await RecentFiles.open(folder.path, () => undefined)).list()).toEqual([])
})

it('gives an engine only what was set', () => {
  expect(engineSettings(defaultSettings)).toEqual({})
  expect(engineSettings({ ...defaultSettings, threads: 3, device: 'processor', memoryLimitGiB: 1.5 })).toEqual({
    TF_NUM_INTRAOP_THREADS: '3',
    TF_NUM_INTEROP_THREADS: '3',
    CUDA_VISIBLE_DEVICES: '-1',
    VITRINE_MEMORY_LIMIT: '1610612736',
  })
})
