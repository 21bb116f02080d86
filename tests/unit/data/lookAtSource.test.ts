import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { pack } from 'tar-stream'
import { describe, expect, it } from 'vitest'
import { lookAtSource } from '@engine/data/sources/lookAtSource'
import { zipFile } from '../../support/zipFile'
import { temporaryFolder } from '../formats/temporaryFolder'

const files = ['train/cat/1.png', 'train/cat/2.png', 'train/dog/1.png', 'val/cat/3.png', 'val/dog/notes.txt']

describe('lookAtSource', () => {
  it('says what a folder and a zip archive hold, without decoding anything', async () => {
    const folder = await temporaryFolder()
    for (const file of files) {
      await mkdir(join(folder, 'pets', file, '..'), { recursive: true })
      await writeFile(join(folder, 'pets', file), 'x')
    }
    await writeFile(join(folder, 'pets.zip'), zipFile(files.map((name) => ({ name, bytes: Buffer.from('x') }))))
    const found = {
      recognised: 'A folder of images for each class: 2 classes, “val” is for validation.',
      classes: ['cat', 'dog'],
      classCount: 2,
      images: 4,
      validationImages: 1,
      otherFiles: 1,
      ownSide: null,
    }
    expect(await lookAtSource({ source: join(folder, 'pets') })).toEqual({ found })
    expect(await lookAtSource({ source: join(folder, 'pets.zip') })).toEqual({ found })
  })

  it('leaves tape archives closed, and says what is wrong with the rest', async () => {
    const folder = await temporaryFolder()
    const archive = pack()
    archive.entry({ name: 'cat/1.png' }, 'x')
    archive.finalize()
    const chunks: Buffer[] = []
    for await (const chunk of archive) chunks.push(chunk)
    await writeFile(join(folder, 'pets.tgz'), gzipSync(Buffer.concat(chunks)))
    expect(await lookAtSource({ source: join(folder, 'pets.tgz') })).toEqual({ found: null })
    await expect(lookAtSource({ source: join(folder, 'nothing') })).rejects.toMatchObject({ kind: 'not-found' })
    await expect(lookAtSource({ source: folder })).rejects.toMatchObject({ kind: 'invalid-input' })
  })
})
