import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { removeDeadArtifacts } from '../../../src/main/host/artifacts'
import { writeFileAtomic } from '../../../src/main/host/atomicFile'
import { locateEngine } from '../../../src/main/host/engineLocation'
import { classifyFile } from '../../../src/main/host/fileKind'
import { freeFolder } from '../../../src/main/host/folderNames'
import { runFolderName, slug } from '@shared/folderNames'
import { TemporaryFolder } from '../../support/temporaryFolder'

const png = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13])
const jpeg = Buffer.from([0xff, 0xd8, 0xff, 0xe0])

describe('classifyFile', () => {
  test.each([
    ['photo.jpg', jpeg, 'image'],
    ['picture-without-ending', png, 'image'],
    ['text-named.jpg', Buffer.from('this is text'), 'unknown'],
    ['empty.png', Buffer.alloc(0), 'unknown'],
    ['weights.safetensors', Buffer.alloc(8), 'checkpoint'],
    ['model.safetensors.index.json', Buffer.from('{"weight_map":{}}'), 'checkpoint'],
    ['vit.npz', Buffer.from('PK\x03\x04'), 'checkpoint'],
    ['vit.PTH', Buffer.from('PK\x03\x04'), 'checkpoint'],
    ['pytorch_model.bin', Buffer.from('PK\x03\x04'), 'checkpoint'],
    ['data_batch_1.bin', Buffer.alloc(64), 'unknown'],
    ['run.json', Buffer.from('{"data":{"dataset":"sample:shapes"},"model":{"preset":"S/32"}}'), 'config'],
    ['other.json', Buffer.from('{"data":1}'), 'unknown'],
    ['broken.json', Buffer.from('{"data"'), 'unknown'],
    ['flowers.zip', Buffer.from('PK\x03\x04'), 'archive'],
    ['flowers.tgz', Buffer.from([0x1f, 0x8b, 8, 0]), 'archive'],
    ['flowers.tar', Buffer.concat([Buffer.alloc(257), Buffer.from('ustar'), Buffer.alloc(250)]), 'archive'],
    ['labels.csv', Buffer.from('file,label'), 'archive'],
    ['zip-in-name.zip', Buffer.from('this is text'), 'unknown'],
  ] as const)('%s', async (name, content, kind) => {
    await using folder = await TemporaryFolder.make()
    const file = path.join(folder.path, name)
    await writeFile(file, content)
    expect(await classifyFile(file)).toBe(kind)
  })

  test('tells folders apart by what they hold', async () => {
    await using folder = await TemporaryFolder.make()
    expect(await classifyFile(folder.path)).toBe('folder')
    await writeFile(path.join(folder.path, 'run.json'), '{}')
    expect(await classifyFile(folder.path)).toBe('run')
    await writeFile(path.join(folder.path, 'dataset.json'), '{}')
    expect(await classifyFile(folder.path)).toBe('dataset')
    await expect(classifyFile(path.join(folder.path, 'nothing'))).rejects.toMatchObject({ kind: 'not-found' })
  })
})

describe('writeFileAtomic', () => {
  test('makes folders, replaces the whole file and leaves nothing beside it', async () => {
    await using folder = await TemporaryFolder.make()
    const file = path.join(folder.path, 'a', 'b.json')
    await Promise.all(['one', 'two', 'three'].map((text) => writeFileAtomic(file, text)))
    expect(['one', 'two', 'three']).toContain(await readFile(file, 'utf8'))
    expect(await readdir(path.dirname(file))).toEqual(['b.json'])
  })

  test('leaves the old file when the new one cannot take its place', async () => {
    await using folder = await TemporaryFolder.make()
    const target = path.join(folder.path, 'taken')
    await mkdir(path.join(target, 'inside'), { recursive: true })
    await expect(writeFileAtomic(target, 'text')).rejects.toThrow()
    expect(await readdir(folder.path)).toEqual(['taken'])
  })
})

describe('names of folders', () => {
  test('a run’s folder sorts by time and can be read', () => {
    const date = new Date(2026, 2, 9, 7, 5, 3)
    expect(runFolderName('Ünïcode & Shapes / Ti', date)).toMatch(/^2026-03-09-070503-u-ni-code-shapes-ti-[0-9a-f]{6}$/)
    expect(runFolderName('', date)).toMatch(/^2026-03-09-070503-[0-9a-f]{6}$/)
    expect(runFolderName('a', date)).not.toBe(runFolderName('a', date))
  })

  test('a name never climbs out of its folder', async () => {
    expect(slug('../../etc/passwd')).toBe('etc-passwd')
    await using folder = await TemporaryFolder.make()
    expect(await freeFolder(folder.path, '../..')).toBe(path.join(folder.path, 'dataset'))
    await mkdir(path.join(folder.path, 'birds'))
    expect(await freeFolder(folder.path, 'Birds')).toBe(path.join(folder.path, 'birds-2'))
  })
})

describe('removeDeadArtifacts', () => {
  test('keeps what a living process wrote and whatever is not its own', async () => {
    await using home = await TemporaryFolder.make()
    const artifacts = path.join(home.path, 'artifacts')
    for (const name of [String(process.pid), '999999999', 'notes'])
      await mkdir(path.join(artifacts, name), { recursive: true })
    await removeDeadArtifacts(home.path)
    expect((await readdir(artifacts)).sort()).toEqual([String(process.pid), 'notes'].sort())
  })
})

describe('locateEngine', () => {
  test('finds Node where set-up recorded it, or where the environment says', async () => {
    await using app = await TemporaryFolder.make()
    const places = { appFolder: app.path, packaged: false, resourcesPath: '/electron/resources' }
    await expect(locateEngine(places, {})).rejects.toThrow(/has not been set up/)

    await mkdir(path.join(app.path, '.vitrine'))
    await writeFile(
      path.join(app.path, '.vitrine', 'runtime.json'),
      JSON.stringify({ node: process.execPath, device: 'cpu' }),
    )
    await expect(locateEngine(places, {})).rejects.toThrow(/The engine is missing/)

    const entry = path.join(app.path, 'out', 'main', 'engine', 'serve.js')
    await writeFileAtomic(entry, '')
    const resources = path.join(app.path, 'out', 'resources')
    expect(await locateEngine(places, {})).toEqual({ node: process.execPath, entry, resources })
    await expect(locateEngine(places, { VITRINE_NODE: '/nowhere/node' })).rejects.toThrow(/\/nowhere\/node/)
  })

  test('a packaged app brings its own Node and an unpacked engine', async () => {
    await using app = await TemporaryFolder.make()
    const node = path.join(app.path, 'node', 'bin', 'node')
    const entry = path.join(app.path, 'engine', 'serve.js')
    const places = { appFolder: path.join(app.path, 'app.asar'), packaged: true, resourcesPath: app.path }
    await writeFileAtomic(node, '')
    await expect(locateEngine(places, {})).rejects.toThrow(/The engine is missing .*install Vitrine again/)
    await writeFileAtomic(entry, '')
    expect(await locateEngine(places, { VITRINE_NODE: '/other' })).toEqual({
      node,
      entry,
      resources: path.join(app.path, 'samples'),
    })
  })
})
