import { execFileSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { unzip } from '../../../scripts/setup/zip.mjs'

describe('zip archives', () => {
  let folder = ''
  let archive = ''
  const text = 'vitrine '.repeat(50_000)

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'vitrine-zip-'))
    archive = path.join(folder, 'packed.zip')
    mkdirSync(path.join(folder, 'source', 'inner'), { recursive: true })
    writeFileSync(path.join(folder, 'source', 'inner', 'long.txt'), text)
    writeFileSync(path.join(folder, 'source', 'empty.txt'), '')
    writeFileSync(path.join(folder, 'source', 'tool'), '#!/bin/sh\n', { mode: 0o755 })
    execFileSync('python3', ['-m', 'zipfile', '-c', archive, '.'], { cwd: path.join(folder, 'source') })
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  it('unpacks what another program packed, with permissions', async () => {
    const out = path.join(folder, 'out')
    await unzip(archive, out, (name) => name)
    expect(readFileSync(path.join(out, 'inner', 'long.txt'), 'utf8')).toBe(text)
    expect(readFileSync(path.join(out, 'empty.txt'), 'utf8')).toBe('')
    expect(statSync(path.join(out, 'tool')).mode & 0o111).not.toBe(0)
  })

  it('leaves out and renames entries as told', async () => {
    const out = path.join(folder, 'out')
    await unzip(archive, out, (name) => (name === 'inner/long.txt' ? 'renamed.txt' : null))
    expect(readFileSync(path.join(out, 'renamed.txt'), 'utf8')).toBe(text)
    expect(existsSync(path.join(out, 'empty.txt'))).toBe(false)
  })

  it('refuses a path outside the folder and an archive that is cut short', async () => {
    await expect(unzip(archive, path.join(folder, 'out'), () => '../outside.txt')).rejects.toThrow('outside')
    truncateSync(archive, 100)
    await expect(unzip(archive, path.join(folder, 'out'), (name) => name)).rejects.toThrow('cut short')
  })
})
