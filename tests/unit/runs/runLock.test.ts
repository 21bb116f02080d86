import { spawn, type ChildProcess } from 'node:child_process'
import { readdir, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { runFiles } from '@shared/folders'
import { ownerOf } from '@shared/processes'
import { systemProcesses } from '@engine/runs/processTable'
import { createRunFolder, writeRunRecord } from '@engine/runs/runFolder'
import { takeRunLock, withRunLock } from '@engine/runs/runLock'
import { trainingNotices } from '@engine/runs/trainingNotices'
import { readResumableRecord } from '@engine/train/resume'
import { isTraining, removeLockOf } from '../../../src/main/host/runLock'
import { trainingNotices as noticesOfMain } from '../../../src/main/host/trainingNotices'
import { NodeBundle } from '../../support/nodeBundle'
import { runRecord } from '../../support/records'
import { temporaryFolder } from '../formats/temporaryFolder'

let bundle: NodeBundle
beforeAll(async () => {
  bundle = await NodeBundle.build('tests/support/lockHolder.ts')
})
afterAll(() => bundle[Symbol.asyncDispose]())

const children: ChildProcess[] = []
afterEach(async () => {
  await Promise.all(children.splice(0).map(kill))
})

/** A process that takes the lock, and the first line that it says. */
async function holder(...words: string[]): Promise<{ child: ChildProcess; said: string; processId: number }> {
  const child = spawn(process.execPath, [bundle.entry, ...words], { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  const said = await new Promise<string>((resolve, reject) => {
    child.stdout.setEncoding('utf8').once('data', (text: string) => resolve(text.trim()))
    child.once('error', reject)
  })
  return { child, said, processId: child.pid ?? 0 }
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  await new Promise((resolve) => {
    child.once('exit', resolve)
    child.kill('SIGKILL')
  })
}

describe('the lock of a run', () => {
  it('is held by one process until it releases it', async () => {
    const folder = await temporaryFolder()
    const lock = await takeRunLock(folder)
    expect(await isTraining(folder)).toBe(true)
    expect((await holder(folder)).said).toContain(`is being trained by process ${process.pid}`)
    await lock.release()
    expect(await isTraining(folder)).toBe(false)
    expect((await holder(folder)).said).toBe('held')
  })

  it('of a process that was killed is taken over', async () => {
    const folder = await temporaryFolder()
    const { child, processId } = await holder(folder)
    await expect(takeRunLock(folder)).rejects.toMatchObject({ kind: 'unavailable' })
    await expect(takeRunLock(folder)).rejects.toThrow(`process ${processId}`)
    expect(await isTraining(folder)).toBe(true)
    await kill(child)
    expect(await isTraining(folder)).toBe(false)
    await (await takeRunLock(folder)).release()
    expect(await readdir(folder)).toEqual([])
  })

  it('of an engine that was killed is removed by the window, and no other', async () => {
    const folder = await temporaryFolder()
    const { child, processId } = await holder(folder)
    await kill(child)
    await removeLockOf(folder, processId + 1)
    expect(await readdir(folder)).toEqual([runFiles.lock])
    await removeLockOf(folder, processId)
    expect(await readdir(folder)).toEqual([])
    await removeLockOf(folder, processId)
  })

  it('that was left behind goes to one of many', { timeout: 30_000 }, async () => {
    const folder = await temporaryFolder()
    await kill((await holder(folder)).child)
    const said = (await Promise.all(Array.from({ length: 5 }, () => holder(folder)))).map((child) => child.said)
    expect(said.filter((words) => words === 'held')).toHaveLength(1)
    expect(said.filter((words) => words.includes('is being trained'))).toHaveLength(4)
  })

  it('is not held by a process that has got the number of its holder since', async () => {
    const folder = await temporaryFolder()
    const lock = join(folder, runFiles.lock)
    const own = await ownerOf(systemProcesses, process.pid)
    await writeFile(lock, JSON.stringify(own))
    expect(await isTraining(folder)).toBe(true)
    await writeFile(lock, JSON.stringify({ ...own, startMark: `${own.startMark ?? ''}0` }))
    expect(await isTraining(folder)).toBe(false)
    await (await takeRunLock(folder)).release()
  })

  it('that is just being written is held; one that stayed empty is not', async () => {
    const folder = await temporaryFolder()
    const lock = join(folder, runFiles.lock)
    await writeFile(lock, '')
    await expect(takeRunLock(folder)).rejects.toThrow('another process')
    const longAgo = new Date(Date.now() - 60_000)
    await utimes(lock, longAgo, longAgo)
    await (await takeRunLock(folder)).release()
  })

  it('is released whatever the work ends with', async () => {
    const folder = await temporaryFolder()
    await expect(withRunLock(folder, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(await readdir(folder)).toEqual([])
  })

  it('keeps two trainings out of one new folder', async () => {
    const folder = join(await temporaryFolder(), 'run')
    const made = await Promise.allSettled([createRunFolder(folder), createRunFolder(folder)])
    expect(made.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    for (const one of made) {
      if (one.status === 'fulfilled') await one.value.release()
    }
  })
})

describe('a record that says “running” without a lock', () => {
  it('counts while the process lives that wrote it, and not when its number went to a later one', async () => {
    const [folder, other] = [await temporaryFolder(), await temporaryFolder()]
    const { processId } = await holder(other)
    const record = runRecord({ status: 'running', processId, createdAt: new Date().toISOString() })
    await writeRunRecord(folder, record)
    await expect(readResumableRecord(folder)).rejects.toThrow(`process ${processId}`)
    await writeRunRecord(folder, { ...record, createdAt: '2026-01-02T03:04:05.000Z' })
    expect((await readResumableRecord(folder)).processId).toBe(processId)
  })
})

describe('notices of trainings', () => {
  it('are seen by windows and terminals alike, and go with a process that was killed', async () => {
    const [folder, home] = [await temporaryFolder(), await temporaryFolder()]
    const [terminal, window] = [trainingNotices(home), noticesOfMain(home)]
    expect(await window.others()).toEqual([])
    const { child, processId } = await holder(folder, home)
    for (const notices of [terminal, window]) {
      expect(await notices.others()).toMatchObject([{ title: 'Child', by: 'terminal', owner: { processId } }])
    }
    await kill(child)
    expect(await window.others()).toEqual([])
    expect(await readdir(join(home, 'in-training'))).toEqual([])
  })

  it('of the process itself are none of others', async () => {
    const notices = trainingNotices(await temporaryFolder())
    await notices.put('Own', 'window')
    expect(await notices.others()).toEqual([])
    await notices.take()
    await notices.take()
  })
})
