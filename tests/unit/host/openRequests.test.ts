import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { filesOnCommandLine, OpenRequests } from '../../../src/main/host/openRequests'
import { TemporaryFolder } from '../../support/temporaryFolder'

describe('filesOnCommandLine', () => {
  test('takes files and folders from where the command was typed, without program, switches and app', () => {
    const words = ['/opt/vitrine/vitrine', '--no-sandbox', '', 'run.vitrine.json', '/data/model.safetensors', '-v']
    expect(filesOnCommandLine(words, '/home/person', '/app')).toEqual([
      '/home/person/run.vitrine.json',
      '/data/model.safetensors',
    ])
    expect(filesOnCommandLine(['electron', '/checkout', '../weights'], '/home/person', '/checkout')).toEqual([
      '/home/weights',
    ])
    expect(filesOnCommandLine(['electron', '.'], '/checkout', '/checkout')).toEqual([])
  })
})

describe('OpenRequests', () => {
  test('keeps files until the window takes them, once, each with what it is', async () => {
    await using folder = await TemporaryFolder.make()
    const config = path.join(folder.path, 'run.vitrine.json')
    const text = JSON.stringify({ data: {}, model: {} })
    await writeFile(config, text)
    let announced = 0
    const requests = new OpenRequests(() => announced++)
    requests.add([])
    expect(announced).toBe(0)
    requests.add([config, folder.path])
    expect(announced).toBe(1)
    expect(await requests.take()).toEqual([
      { path: config, kind: 'config', text },
      { path: folder.path, kind: 'folder', text: null },
    ])
    expect(await requests.take()).toEqual([])
  })

  test('says which file is not there', async () => {
    const requests = new OpenRequests(() => undefined)
    requests.add(['/nowhere/model.safetensors'])
    await expect(requests.take()).rejects.toThrow('There is no file or folder /nowhere/model.safetensors.')
  })
})
