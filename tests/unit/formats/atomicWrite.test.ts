import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { replaceFile, writeFileAtomic } from '@engine/formats/atomicWrite'
import { temporaryFolder } from './temporaryFolder'

describe('atomic writes', () => {
  it('writes text, bytes and parts', async () => {
    const folder = await temporaryFolder()
    const path = join(folder, 'a.bin')
    await writeFileAtomic(path, 'héllo')
    expect(await readFile(path, 'utf8')).toBe('héllo')
    await writeFileAtomic(path, Uint8Array.of(1, 2))
    expect([...(await readFile(path))]).toEqual([1, 2])
    await writeFileAtomic(path, [Uint8Array.of(1), Uint8Array.of(), Uint8Array.of(2, 3)])
    expect([...(await readFile(path))]).toEqual([1, 2, 3])
    expect(await readdir(folder)).toEqual(['a.bin'])
  })

  it('keeps the old file and leaves nothing behind when writing fails half-way', async () => {
    const folder = await temporaryFolder()
    const path = join(folder, 'a.txt')
    await writeFile(path, 'old')
    const full = Object.assign(new Error('no space left'), { code: 'ENOSPC' })
    const failing = replaceFile(path, async (file) => {
      await file.writeFile('half of the new')
      expect(await readdir(folder)).toHaveLength(2)
      throw full
    })
    await expect(failing).rejects.toBe(full)
    expect(await readFile(path, 'utf8')).toBe('old')
    expect(await readdir(folder)).toEqual(['a.txt'])
  })

  it('hands on the error of the system', async () => {
    const folder = await temporaryFolder()
    await expect(writeFileAtomic(join(folder, 'none', 'a'), 'x')).rejects.toMatchObject({ code: 'ENOENT' })
    await mkdir(join(folder, 'taken', 'below'), { recursive: true })
    await expect(writeFileAtomic(join(folder, 'taken'), 'x')).rejects.toMatchObject({ syscall: 'rename' })
    expect(await readdir(folder)).toEqual(['taken'])
  })
})
