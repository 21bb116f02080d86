import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { writeFileAtomic } from '@engine/formats/atomicWrite'
import { placeCopy } from '@engine/formats/placeCopy'
import { temporaryFolder } from './temporaryFolder'

it('replaces the old file, and a later replacement of either leaves the other', async () => {
  const folder = await temporaryFolder()
  const [from, to] = [join(folder, 'from'), join(folder, 'to')]
  await writeFile(from, 'new')
  await writeFile(to, 'old')
  await placeCopy(from, to)
  expect(await readFile(to, 'utf8')).toBe('new')
  await writeFileAtomic(from, 'newer')
  expect(await readFile(to, 'utf8')).toBe('new')
  expect((await readdir(folder)).sort()).toEqual(['from', 'to'])
})

it('leaves everything as it was when there is nothing to copy', async () => {
  const folder = await temporaryFolder()
  await writeFile(join(folder, 'to'), 'old')
  await expect(placeCopy(join(folder, 'nothing'), join(folder, 'to'))).rejects.toMatchObject({ code: 'ENOENT' })
  expect(await readdir(folder)).toEqual(['to'])
})
